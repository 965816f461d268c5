#include "runtime/cuda_trouble.hpp"

#include <stdexcept>
#include <utility>

namespace bertqa::runtime {
namespace {

constexpr std::string_view kLoader = "with error: ";  // the dynamic linker's words follow
constexpr std::string_view kCudaFailure = "CUDA failure ";
constexpr std::string_view kNoSuchDevice = "Invalid device ID";
constexpr std::string_view kLibraries =
    "pip install onnxruntime-gpu[cuda,cudnn], which brings CUDA's libraries";

bool has(std::string_view text, std::string_view words) { return text.find(words) != std::string_view::npos; }

// From `begin` to `end`. Around them stand C++ signatures, source lines and the host's name.
std::string between(std::string_view text, std::size_t begin, std::string_view end) {
  text = text.substr(begin);
  text = text.substr(0, text.find(end));
  return std::string(text.substr(0, text.find_last_not_of(" \n") + 1));
}

// The driver's verdict, such as "CUDA failure 100: no CUDA-capable device is detected".
Trouble explain_failure(std::string words) {
  const std::string code = words.substr(kCudaFailure.size(), words.find(':') - kCudaFailure.size());
  if (code == "100") {  // cudaErrorNoDevice
    return {"no NVIDIA GPU was found", std::move(words),
            "see that nvidia-smi lists one and that CUDA_VISIBLE_DEVICES does not hide it"};
  }
  if (code == "35") {  // cudaErrorInsufficientDriver: also where there is none
    return {"no NVIDIA driver was found, or it is too old for this runtime's CUDA", std::move(words),
            "install one, or a newer one (nvidia-smi shows up to which CUDA it goes)"};
  }
  if (code == "101") {  // cudaErrorInvalidDevice
    return {"there is no GPU of this number", std::move(words),
            "see which ones nvidia-smi -L lists and CUDA_VISIBLE_DEVICES leaves"};
  }
  if (code == "2") {  // cudaErrorMemoryAllocation
    return {"the GPU has no memory left", std::move(words), "see what uses it (nvidia-smi)"};
  }
  return {"CUDA does not start", std::move(words), "check the driver (nvidia-smi)"};
}

}  // namespace

bool is_cuda_trouble(std::string_view message) {
  return has(message, kCudaFailure) || has(message, "CUDA error") || has(message, "CUDNN failure") ||
         lacks_cudnn(message);
}

bool lacks_cudnn(std::string_view message) {
  return has(message, "cuDNN is unavailable") || has(message, "cuDNN is not available");
}

Trouble explain_cuda(std::string_view message) {
  if (const auto at = message.find(kLoader); at != std::string_view::npos) {
    std::string words = between(message, at + kLoader.size(), " (FAIL)");
    // The driver comes with the GPU's kernel module and is in no package of CUDA's libraries.
    if (has(words, "libcuda.so")) {
      return {"no NVIDIA driver was found", std::move(words),
              "install it, or start the container with its GPUs (nvidia-smi must list one)"};
    }
    return {"a library of CUDA is missing or does not fit", std::move(words), std::string(kLibraries)};
  }
  if (const auto at = message.find(kCudaFailure); at != std::string_view::npos) {
    return explain_failure(between(message, at, " ;"));
  }
  if (const auto at = message.find(kNoSuchDevice); at != std::string_view::npos) {
    return {"there is no GPU of this number", between(message, at, "."),
            "see which ones nvidia-smi -L lists and CUDA_VISIBLE_DEVICES leaves"};
  }
  if (lacks_cudnn(message)) {
    return {"cuDNN is missing or switched off", between(message, message.find("cuDNN is "), " ("),
            std::string(kLibraries) + ", and leave the option enable_cudnn as it is"};
  }
  return {"CUDA does not start", std::string(message),
          "check the driver (nvidia-smi) and CUDA's libraries (pip install onnxruntime-gpu[cuda,cudnn])"};
}

void blame_cuda_options(std::string_view message, const ProviderOptions& given) {
  for (const auto& [key, value] : given) {
    if (has(message, "Unknown provider option: \"" + key + "\"")) {
      throw std::invalid_argument("provider_options: CUDA's provider has no \"" + key + "\"");
    }
    if (has(message, "Failed to parse provider option \"" + key + "\"") && !has(message, kCudaFailure) &&
        !has(message, kNoSuchDevice)) {
      std::string said = "provider_options: CUDA's provider cannot read \"";
      throw std::invalid_argument(said.append(value).append("\" as \"").append(key).append("\""));
    }
  }
}

}  // namespace bertqa::runtime
