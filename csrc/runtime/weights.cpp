#include "runtime/weights.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "runtime/errors.hpp"

namespace bertqa::runtime {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* call) {
  const std::string reason = std::generic_category().message(errno);
  throw EngineError("cannot read the weight file " + path.string() + ": " + reason, "FAIL", call);
}

// A descriptor for as long as it takes to map the file.
class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& path) : number_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (number_ < 0) {
      fail(path, "open");
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { close(number_); }
  [[nodiscard]] int get() const noexcept { return number_; }

 private:
  int number_;
};

}  // namespace

WeightFile::Mapping::Mapping(const std::filesystem::path& path) {
  const Descriptor file(path);
  struct stat status = {};
  if (fstat(file.get(), &status) != 0) {
    fail(path, "fstat");
  }
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) {
    return;  // an empty file cannot be mapped, and holds no tensor with elements
  }
  void* memory = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) {
    fail(path, "mmap");
  }
  begin_ = static_cast<std::byte*>(memory);
}

WeightFile::Mapping::~Mapping() {
  if (begin_ != nullptr) {
    munmap(begin_, size_);
  }
}

WeightFile::WeightFile(const std::shared_ptr<Environment>& env, const std::filesystem::path& path,
                       const std::vector<TensorEntry>& entries)
    : path_(path), mapping_(path) {
  for (const TensorEntry& entry : entries) {
    add(env, entry);
  }
}

void WeightFile::add(const std::shared_ptr<Environment>& env, const TensorEntry& entry) {
  const auto refuse = [&](const std::string& why) {
    throw std::invalid_argument("tensor \"" + entry.name + "\" of " + path_.string() + ": " + why);
  };
  std::size_t needed = 0;
  try {
    needed = byte_count(entry.type, entry.shape);
  } catch (const std::invalid_argument& error) {
    refuse(error.what());
  }
  if (entry.bytes != needed) {
    refuse("has " + std::to_string(entry.bytes) + " bytes, but " + std::string(name_of(entry.type)) +
           shape_text(entry.shape) + " needs " + std::to_string(needed));
  }
  if (needed > mapping_.size() || entry.offset > mapping_.size() - needed) {
    refuse("ends at byte " + std::to_string(entry.offset) + " + " + std::to_string(needed) +
           ", but the file has " + std::to_string(mapping_.size()) + "; is it truncated?");
  }
  if (entry.offset % bytes_per_element(entry.type) != 0) {
    refuse("starts at byte " + std::to_string(entry.offset) + ", which is not a multiple of " +
           std::to_string(bytes_per_element(entry.type)));
  }
  Value value = Value::view(env, entry.type, entry.shape, mapping_.begin() + entry.offset, needed);
  if (!tensors_.emplace(entry.name, std::move(value)).second) {
    refuse("is listed twice");
  }
}

const Value& WeightFile::tensor(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    throw std::invalid_argument("tensor \"" + std::string(name) + "\" is not in " + path_.string());
  }
  return found->second;
}

std::vector<std::string> WeightFile::names() const {
  std::vector<std::string> names;
  names.reserve(tensors_.size());
  for (const auto& [name, value] : tensors_) {
    names.push_back(name);
  }
  return names;
}

void WeightFile::release_pages() const noexcept {
  if (mapping_.begin() != nullptr) {
    madvise(mapping_.begin(), mapping_.size(), MADV_DONTNEED);
  }
}

}  // namespace bertqa::runtime
