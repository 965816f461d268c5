// How the C API describes an operator of ours: a table of callbacks, which the runtime reads when a domain
// that holds it is added to a session. The order of its fields is a fact of the API (version 23; the last
// ones came with version 18); the assertions at the foot pin it, as ort_api.hpp does.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/ort_api.hpp"

namespace bertqa::ort {

enum Characteristic : int { kRequired = 0, kOptional = 1 };

extern "C" {
struct CustomOp {
  std::uint32_t version;      // kApiVersion
  const void* create_kernel;  // a version without a status, unused
  const char* (*GetName)(const CustomOp*);
  const char* (*GetExecutionProviderType)(const CustomOp*);
  int (*GetInputType)(const CustomOp*, std::size_t index);
  std::size_t (*GetInputTypeCount)(const CustomOp*);
  int (*GetOutputType)(const CustomOp*, std::size_t index);
  std::size_t (*GetOutputTypeCount)(const CustomOp*);
  const void* kernel_compute;  // a version without a status, unused
  void (*KernelDestroy)(void* kernel);
  Characteristic (*GetInputCharacteristic)(const CustomOp*, std::size_t index);
  Characteristic (*GetOutputCharacteristic)(const CustomOp*, std::size_t index);
  MemoryType (*GetInputMemoryType)(const CustomOp*, std::size_t index);
  const void* variadic[4];  // minimal counts and whether types are equal; unused without variadic ones
  Status* (*CreateKernelV2)(const CustomOp*, const Api*, const KernelInfo*, void** kernel);
  Status* (*KernelComputeV2)(void* kernel, KernelContext*);
  const void* infer_output_shape;  // unused: shapes stand in the graph
  int (*GetStartVersion)(const CustomOp*);
  int (*GetEndVersion)(const CustomOp*);
  // Pairs of an input and an output that may share memory, where the runtime finds that nobody else reads
  // the input. Returns their number.
  std::size_t (*GetMayInplace)(int** inputs, int** outputs);
  void (*ReleaseMayInplace)(int* inputs, int* outputs);
  const void* alias_map[2];  // unused
};
}

#define BERTQA_PIN(field, slot) \
  static_assert(offsetof(CustomOp, field) == (slot) * sizeof(void*), "CustomOp::" #field " has moved")
BERTQA_PIN(GetName, 2);
BERTQA_PIN(GetExecutionProviderType, 3);
BERTQA_PIN(GetInputType, 4);
BERTQA_PIN(GetInputTypeCount, 5);
BERTQA_PIN(GetOutputType, 6);
BERTQA_PIN(GetOutputTypeCount, 7);
BERTQA_PIN(KernelDestroy, 9);
BERTQA_PIN(GetInputCharacteristic, 10);
BERTQA_PIN(GetOutputCharacteristic, 11);
BERTQA_PIN(GetInputMemoryType, 12);
BERTQA_PIN(CreateKernelV2, 17);
BERTQA_PIN(KernelComputeV2, 18);
BERTQA_PIN(GetStartVersion, 20);
BERTQA_PIN(GetEndVersion, 21);
BERTQA_PIN(GetMayInplace, 22);
BERTQA_PIN(ReleaseMayInplace, 23);
static_assert(sizeof(CustomOp) == 26 * sizeof(void*));
#undef BERTQA_PIN

}  // namespace bertqa::ort
