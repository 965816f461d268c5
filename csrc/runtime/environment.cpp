#include "runtime/environment.hpp"

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

#include "runtime/errors.hpp"
#include "runtime/fused_operators.hpp"
#include "runtime/status.hpp"
#include "runtime/threads.hpp"

namespace bertqa::runtime {
namespace {

EnvHandle create_env(const ort::Api& api, int threads, PlacementLog& placements) {
  ThreadingOptionsHandle options(api);
  check(api, api.CreateThreadingOptions(options.out()), "CreateThreadingOptions");
  check(api, api.SetGlobalIntraOpNumThreads(options.get(), threads), "SetGlobalIntraOpNumThreads");
  check(api, api.SetGlobalInterOpNumThreads(options.get(), 1), "SetGlobalInterOpNumThreads");
  check(api, api.SetGlobalSpinControl(options.get(), 0), "SetGlobalSpinControl");
  check(api, api.SetGlobalDenormalAsZero(options.get()), "SetGlobalDenormalAsZero");
  EnvHandle env(api);
  // Nothing is printed: what fails comes back as a status, and stderr belongs to the progress bars.
  check(api,
        api.CreateEnvWithCustomLoggerAndGlobalThreadPools(PlacementLog::listen, &placements, ort::kLogFatal,
                                                          "bertqa", options.get(), env.out()),
        "CreateEnvWithCustomLoggerAndGlobalThreadPools");
  return env;
}

// One arena for all sessions, growing by what is asked for: with an arena each, sessions that run one after
// another would each keep their own peak.
void register_arena(const ort::Api& api, ort::Env* env) {
  MemoryInfoHandle memory(api);
  check(api, api.CreateCpuMemoryInfo(ort::kArenaAllocator, ort::kMemoryDefault, memory.out()),
        "CreateCpuMemoryInfo");
  constexpr std::array<const char*, 1> keys = {"arena_extend_strategy"};
  constexpr std::array<std::size_t, 1> values = {1};  // kSameAsRequested
  ArenaCfgHandle arena(api);
  check(api, api.CreateArenaCfgV2(keys.data(), values.data(), keys.size(), arena.out()), "CreateArenaCfgV2");
  check(api, api.CreateAndRegisterAllocator(env, memory.get(), arena.get()), "CreateAndRegisterAllocator");
}

}  // namespace

std::shared_ptr<Environment> Environment::acquire(const std::shared_ptr<Library>& library, int threads) {
  static std::mutex mutex;
  static std::weak_ptr<Environment> registry;
  if (threads < 0) {
    throw std::invalid_argument("threads: got " + std::to_string(threads) +
                                ", wanted a positive number, or 0 for what this process may use");
  }
  const std::scoped_lock lock(mutex);
  if (auto running = registry.lock()) {
    if (threads != 0 && threads != running->threads()) {
      throw std::invalid_argument(
          "threads: got " + std::to_string(threads) + ", but " + std::to_string(running->threads()) +
          " already run and a process has one thread pool; close every open model first, "
          "or ask for the same number");
    }
    return running;
  }
  const int wanted = threads != 0 ? threads : usable_processors();
  auto created = std::shared_ptr<Environment>(new Environment(library, wanted));
  registry = created;
  return created;
}

Environment::Environment(std::shared_ptr<Library> library, int threads)
    : library_(std::move(library)),
      threads_(threads),
      env_(create_env(library_->api(), threads, placements_)),
      cpu_memory_(library_->api()) {
  register_arena(api(), env_.get());
  check(api(), api().CreateCpuMemoryInfo(ort::kDeviceAllocator, ort::kMemoryDefault, cpu_memory_.out()),
        "CreateCpuMemoryInfo");
  check(api(), api().GetAllocatorWithDefaultOptions(&allocator_), "GetAllocatorWithDefaultOptions");
}

Environment::~Environment() {
  for (const auto& [name, path] : plug_ins_) {
    ort::Status* status = api().UnregisterExecutionProviderLibrary(env_.get(), name.c_str());
    if (status != nullptr) api().ReleaseStatus(status);  // it goes with the process
  }
}

ort::CustomOpDomain* Environment::fused_operators(std::optional<kernels::Arithmetic> linear_layers) {
  const std::scoped_lock lock(operators_mutex_);
  const auto found = fused_operators_.find(linear_layers);
  if (found != fused_operators_.end()) return found->second.get();
  return fused_operators_.emplace(linear_layers, create_fused_operators(api(), linear_layers))
      .first->second.get();
}

void Environment::register_provider_library(const std::string& name, const std::filesystem::path& path) {
  const std::scoped_lock lock(creation_mutex_);
  const auto found = plug_ins_.find(name);
  if (found != plug_ins_.end()) {
    if (found->second == path) return;
    throw DeviceUnavailableError("provider \"" + name + "\": got " + path.string() + ", but " +
                                 found->second.string() + " is loaded; start a new process");
  }
  try {
    check(api(), api().RegisterExecutionProviderLibrary(env_.get(), name.c_str(), path.c_str()),
          "RegisterExecutionProviderLibrary");
  } catch (const EngineError& error) {
    throw DeviceUnavailableError("provider \"" + name + "\": ONNX Runtime " + library_->version() +
                                 " cannot load " + path.string() + ": " + error.what());
  }
  plug_ins_.emplace(name, path);
}

}  // namespace bertqa::runtime
