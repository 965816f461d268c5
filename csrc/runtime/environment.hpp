// The one runtime environment of the process: its thread pool, its memory arena, its lock.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "kernels/product.hpp"
#include "runtime/handles.hpp"
#include "runtime/library.hpp"
#include "runtime/placements.hpp"

namespace bertqa::runtime {

class Environment {
 public:
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  Environment(Environment&&) = delete;
  Environment& operator=(Environment&&) = delete;
  ~Environment();

  // The environment that runs, or a new one. Sessions, values and weight files hold it; it ends with the last
  // of them, and only then can another thread count be had: asking for one before is std::invalid_argument
  // naming `threads`. 0 takes what runs, or else what the affinity mask and the control groups allow. Threads
  // do not spin when idle, and denormals count as zero.
  static std::shared_ptr<Environment> acquire(const std::shared_ptr<Library>& library, int threads = 0);

  [[nodiscard]] const Library& library() const noexcept { return *library_; }
  [[nodiscard]] const ort::Api& api() const noexcept { return library_->api(); }
  [[nodiscard]] int threads() const noexcept { return threads_; }

  [[nodiscard]] ort::Env* raw() const noexcept { return env_.get(); }
  // The default allocator: plain memory that goes back to the system when freed. The arena is the sessions'
  // own.
  [[nodiscard]] ort::Allocator* allocator() const noexcept { return allocator_; }
  // Describes memory that we own and the runtime only looks at.
  [[nodiscard]] const ort::MemoryInfo* cpu_memory() const noexcept { return cpu_memory_.get(); }
  // The fused operators, for CPU sessions; see create_fused_operators().
  [[nodiscard]] ort::CustomOpDomain* fused_operators(std::optional<kernels::Arithmetic> linear_layers);
  // Creating sessions is not thread-safe: hold this while doing it. Running them is.
  [[nodiscard]] std::mutex& creation_mutex() noexcept { return creation_mutex_; }
  // What the runtime says of placements.
  [[nodiscard]] PlacementLog& placements() noexcept { return placements_; }

  // Loads a plug-in provider. Again, and from the same file, does nothing. DeviceUnavailableError where the
  // library cannot be loaded.
  void register_provider_library(const std::string& name, const std::filesystem::path& path);

 private:
  Environment(std::shared_ptr<Library> library, int threads);

  std::shared_ptr<Library> library_;
  int threads_;
  PlacementLog placements_;  // before the environment, which calls it to its end
  EnvHandle env_;
  MemoryInfoHandle cpu_memory_;
  ort::Allocator* allocator_ = nullptr;
  std::mutex creation_mutex_;
  std::mutex operators_mutex_;
  std::map<std::optional<kernels::Arithmetic>, CustomOpDomainHandle> fused_operators_;
  std::map<std::string, std::filesystem::path> plug_ins_;
};

}  // namespace bertqa::runtime
