#include "runtime/library.hpp"

#include <dlfcn.h>

#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "runtime/errors.hpp"

namespace bertqa::runtime {
namespace {

std::string needed() {
  return "needed is ONNX Runtime 1." + std::to_string(ort::kApiVersion) +
         " or later (pip install bertqa_fast[cpu] or [gpu])";
}

// The dynamic linker's account of the last failure.
std::string linker_message() {
  const char* message = dlerror();  // NOLINT(concurrency-mt-unsafe): thread-local in glibc
  return message != nullptr ? message : "no message";
}

}  // namespace

std::shared_ptr<Library> Library::load(const std::filesystem::path& path) {
  static std::mutex mutex;
  static std::shared_ptr<Library> loaded;
  std::error_code failure;
  const auto wanted = std::filesystem::canonical(path, failure);
  if (failure) {
    throw RuntimeLoadError("no runtime library at " + path.string() + " (" + failure.message() + "); " +
                           needed());
  }
  const std::scoped_lock lock(mutex);
  if (!loaded) {
    loaded = std::shared_ptr<Library>(new Library(wanted));
  } else if (loaded->path() != wanted) {
    throw RuntimeLoadError("cannot load " + wanted.string() + ": this process already runs " +
                           loaded->path().string() + " (" + loaded->version() +
                           "), and there can be one runtime in a process; start a new one");
  }
  return loaded;
}

Library::Library(std::filesystem::path path) : path_(std::move(path)) {
  void* library = dlopen(path_.c_str(), RTLD_LOCAL | RTLD_NOW);
  if (library == nullptr) {
    throw RuntimeLoadError("cannot load " + path_.string() + ": " + linker_message() + "; " + needed());
  }
  void* symbol = dlsym(library, "OrtGetApiBase");
  if (symbol == nullptr) {
    throw RuntimeLoadError(path_.string() + " is not ONNX Runtime: it has no OrtGetApiBase (" +
                           linker_message() + "); " + needed());
  }
  const auto get_base = reinterpret_cast<const ort::ApiBase* (*)()>(symbol);
  const ort::ApiBase* base = get_base();
  version_ = base->GetVersionString();
  api_ = base->GetApi(ort::kApiVersion);
  if (api_ == nullptr) {
    throw RuntimeLoadError(path_.string() + " is ONNX Runtime " + version_ + ", which is too old; " +
                           needed());
  }
}

}  // namespace bertqa::runtime
