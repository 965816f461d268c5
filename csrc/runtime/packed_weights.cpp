#include "runtime/packed_weights.hpp"

#include <map>
#include <mutex>
#include <tuple>

namespace bertqa::runtime {
namespace {

using Key = std::tuple<const float*, std::size_t, std::size_t, bool, kernels::Arithmetic>;

struct Registry {
  std::mutex mutex;
  std::map<Key, std::weak_ptr<const kernels::PackedMatrix>> copies;
};

}  // namespace

std::shared_ptr<const kernels::PackedMatrix> packed_weight(kernels::Arithmetic arithmetic,
                                                           const kernels::Matrix& matrix) {
  static Registry registry;
  const std::scoped_lock lock(registry.mutex);
  std::erase_if(registry.copies, [](const auto& entry) { return entry.second.expired(); });
  auto& copy = registry.copies[{matrix.b, matrix.rows, matrix.columns, matrix.transposed, arithmetic}];
  if (auto found = copy.lock()) return found;
  std::shared_ptr<const kernels::PackedMatrix> made = kernels::PackedMatrix::pack(arithmetic, matrix);
  copy = made;
  return made;
}

}  // namespace bertqa::runtime
