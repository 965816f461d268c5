// What the CUDA provider's errors mean: the runtime has one code for all of them, and says the rest in words.
#pragma once

#include <string>
#include <string_view>

#include "runtime/provider.hpp"

namespace bertqa::runtime {

// Whether a message says that CUDA or its driver refused, or that a library is missing.
bool is_cuda_trouble(std::string_view message);

// Whether a kernel found no cuDNN, which newer runtimes load when it is first needed.
bool lacks_cudnn(std::string_view message);

// Missing libraries, a missing driver and a missing GPU are three things, and each wants something else done.
Trouble explain_cuda(std::string_view message);

// Throws std::invalid_argument where a message is about an option of the caller's, and not about the device.
void blame_cuda_options(std::string_view message, const ProviderOptions& given);

}  // namespace bertqa::runtime
