// The one weight file that all graphs of a model share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/value.hpp"

namespace bertqa::runtime {

// Where a tensor lies in the file.
struct TensorEntry {
  std::string name;
  ElementType type = ElementType::float32;
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

// A file mapped read-only, and each of its tensors as a value on the mapped memory. Sessions that are given
// it hold it.
class WeightFile {
 public:
  // Throws EngineError when the file cannot be mapped, and std::invalid_argument naming the tensor when an
  // entry does not fit: outside the file, misaligned, another size than its shape needs, a name twice.
  WeightFile(const std::shared_ptr<Environment>& env, const std::filesystem::path& path,
             const std::vector<TensorEntry>& entries);
  WeightFile(const WeightFile&) = delete;
  WeightFile& operator=(const WeightFile&) = delete;
  WeightFile(WeightFile&&) = delete;
  WeightFile& operator=(WeightFile&&) = delete;
  ~WeightFile() = default;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] bool has(std::string_view name) const { return tensors_.contains(name); }
  // std::invalid_argument if there is no tensor of this name.
  [[nodiscard]] const Value& tensor(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;

  // Lets go of the resident pages: once the sessions have packed their copies the originals are rarely read,
  // and what is read again comes back from the file.
  void release_pages() const noexcept;

 private:
  // A read-only mapping of a whole file.
  class Mapping {
   public:
    explicit Mapping(const std::filesystem::path& path);
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    Mapping(Mapping&&) = delete;
    Mapping& operator=(Mapping&&) = delete;
    ~Mapping();
    [[nodiscard]] std::byte* begin() const noexcept { return begin_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

   private:
    std::byte* begin_ = nullptr;
    std::size_t size_ = 0;
  };

  void add(const std::shared_ptr<Environment>& env, const TensorEntry& entry);

  std::filesystem::path path_;
  Mapping mapping_;  // before the tensors: they look into it
  std::map<std::string, Value, std::less<>> tensors_;
};

}  // namespace bertqa::runtime
