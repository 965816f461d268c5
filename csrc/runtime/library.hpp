// The ONNX Runtime library of whichever wheel is installed, opened by path.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "runtime/ort_api.hpp"

namespace bertqa::runtime {

class Library {
 public:
  // Opens the library, or returns the one that is open. There is one per process and it is never closed: its
  // threads and static objects do not survive that. Throws RuntimeLoadError with the path, what was found and
  // what is needed; a second, different path is such an error too.
  static std::shared_ptr<Library> load(const std::filesystem::path& path);

  [[nodiscard]] const ort::Api& api() const noexcept { return *api_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  // The runtime's own version, such as "1.31.1".
  [[nodiscard]] const std::string& version() const noexcept { return version_; }

 private:
  explicit Library(std::filesystem::path path);

  std::filesystem::path path_;
  std::string version_;
  const ort::Api* api_ = nullptr;
};

}  // namespace bertqa::runtime
