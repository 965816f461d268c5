// Stands in for a runtime that was built with CUDA: the installed one (STAND_IN_FOR), with the entries of its
// table that know of CUDA replaced. STAND_IN_FAILS names the entry that fails ("" for none, and "build" where
// there is to be no CUDA at all), STAND_IN_SAYS what it says; options are written to the file
// STAND_IN_OPTIONS.
#include <dlfcn.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>

#include "runtime/ort_api.hpp"

namespace ort = bertqa::ort;

namespace {

ort::Api real;

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

ort::Status* answer(const char* entry) {
  if (setting("STAND_IN_FAILS") != entry) return nullptr;
  return real.CreateStatus(ort::kFail, setting("STAND_IN_SAYS").c_str());
}

ort::Status* available(char*** out, int* count) {
  static char cpu[] = "CPUExecutionProvider";
  static char cuda[] = "CUDAExecutionProvider";
  static char* names[] = {cpu, cuda};
  *out = names;
  *count = setting("STAND_IN_FAILS") == "build" ? 1 : 2;
  return nullptr;
}

ort::Status* release_available(char** /*names*/, int /*count*/) { return nullptr; }

ort::Status* create_options(ort::CUDAProviderOptions** out) {
  static int options = 0;
  *out = reinterpret_cast<ort::CUDAProviderOptions*>(&options);
  return nullptr;
}

ort::Status* update_options(ort::CUDAProviderOptions* /*options*/, const char* const* keys,
                            const char* const* values, std::size_t count) {
  std::ofstream file(setting("STAND_IN_OPTIONS"));
  for (std::size_t i = 0; i < count; ++i) file << keys[i] << '=' << values[i] << '\n';
  return answer("UpdateCUDAProviderOptions");
}

ort::Status* append(ort::SessionOptions* /*options*/, const ort::CUDAProviderOptions* /*cuda*/) {
  return answer("SessionOptionsAppendExecutionProvider_CUDA_V2");
}

ort::Status* create_session(const ort::Env* env, const char* path, const ort::SessionOptions* options,
                            ort::Session** out) {
  ort::Status* status = answer("CreateSession");
  return status != nullptr ? status : real.CreateSession(env, path, options, out);
}

ort::Status* run(ort::Session* session, const ort::RunOptions* options, const ort::IoBinding* binding) {
  ort::Status* status = answer("RunWithBinding");
  return status != nullptr ? status : real.RunWithBinding(session, options, binding);
}

const ort::ApiBase* real_base() {
  void* library = dlopen(setting("STAND_IN_FOR").c_str(), RTLD_LOCAL | RTLD_NOW);
  return reinterpret_cast<const ort::ApiBase* (*)()>(dlsym(library, "OrtGetApiBase"))();
}

const ort::Api* table(std::uint32_t version) {
  static ort::Api api;
  real = *real_base()->GetApi(version);
  api = real;
  api.GetAvailableProviders = available;
  api.ReleaseAvailableProviders = release_available;
  api.CreateCUDAProviderOptions = create_options;
  api.UpdateCUDAProviderOptions = update_options;
  api.ReleaseCUDAProviderOptions = [](ort::CUDAProviderOptions*) {};
  api.SessionOptionsAppendExecutionProvider_CUDA_V2 = append;
  api.CreateSession = create_session;
  api.RunWithBinding = run;
  return &api;
}

}  // namespace

extern "C" const ort::ApiBase* OrtGetApiBase() {
  static const ort::ApiBase base = {table, [] { return real_base()->GetVersionString(); }};
  return &base;
}
