#include "runtime/session.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <stdexcept>

#include "runtime/denormals.hpp"
#include "runtime/errors.hpp"
#include "runtime/status.hpp"

namespace bertqa::runtime {
namespace {

SessionOptionsHandle make_options(Environment& env, const WeightFile* weights,
                                  const SessionOptions& options) {
  const ort::Api& api = env.api();
  SessionOptionsHandle handle(api);
  check(api, api.CreateSessionOptions(handle.out()), "CreateSessionOptions");
  check(api, api.DisablePerSessionThreads(handle.get()), "DisablePerSessionThreads");
  // A pattern is one block for a whole run, remembered for every shape: beside the pieces of the run that it
  // was learnt from it doubles the arena, and every new length adds to it.
  check(api, api.DisableMemPattern(handle.get()), "DisableMemPattern");
  check(api, api.SetSessionGraphOptimizationLevel(handle.get(), options.optimization_level),
        "SetSessionGraphOptimizationLevel");
  check(api, api.AddSessionConfigEntry(handle.get(), "session.use_env_allocators", "1"),
        "AddSessionConfigEntry");
  for (const auto& [key, value] : options.config) {
    check(api, api.AddSessionConfigEntry(handle.get(), key.c_str(), value.c_str()), "AddSessionConfigEntry");
  }
  if (options.profile_prefix) {
    check(api, api.EnableProfiling(handle.get(), options.profile_prefix->c_str()), "EnableProfiling");
  }
  append_provider(env, handle.get(), {options.device, options.precision, options.provider_options});
  if (options.device.kind != Device::Kind::cpu) {
    check(api, api.SetSessionLogSeverityLevel(handle.get(), ort::kLogVerbose), "SetSessionLogSeverityLevel");
  }
  if (options.device.kind == Device::Kind::cpu && options.precision != Precision::fp32 &&
      !(options.fused_operators && options.linear_operators)) {
    throw std::invalid_argument("precision: \"" + std::string(name_of(options.precision)) +
                                "\" on the CPU is that of our own linear operators, which are left out");
  }
  if (options.fused_operators && options.device.kind == Device::Kind::cpu) {
    const auto linear =
        options.linear_operators ? linear_arithmetic(options.device, options.precision) : std::nullopt;
    check(api, api.AddCustomOpDomain(handle.get(), env.fused_operators(linear)), "AddCustomOpDomain");
  }
  if (weights != nullptr) {
    for (const std::string& name : weights->names()) {
      check(api, api.AddInitializer(handle.get(), name.c_str(), weights->tensor(name).raw()),
            "AddInitializer");
    }
  }
  return handle;
}

// Takes over a string that the runtime allocated.
std::string take_string(const Environment& env, char* text) {
  std::string copy(text);
  check(env.api(), env.api().AllocatorFree(env.allocator(), text), "AllocatorFree");
  return copy;
}

TensorInfo describe(const Environment& env, std::string name, const TypeInfoHandle& type_info) {
  const ort::Api& api = env.api();
  const ort::TensorTypeAndShapeInfo* info = nullptr;  // a part of type_info
  check(api, api.CastTypeInfoToTensorInfo(type_info.get(), &info), "CastTypeInfoToTensorInfo");
  if (info == nullptr) {
    throw EngineError("\"" + name + "\" of the graph is not a tensor", "INVALID_GRAPH",
                      "CastTypeInfoToTensorInfo");
  }
  int type = 0;
  check(api, api.GetTensorElementType(info, &type), "GetTensorElementType");
  std::size_t rank = 0;
  check(api, api.GetDimensionsCount(info, &rank), "GetDimensionsCount");
  std::vector<std::int64_t> shape(rank);
  check(api, api.GetDimensions(info, shape.data(), rank), "GetDimensions");
  return {std::move(name), element_type(type), std::move(shape)};
}

std::vector<TensorInfo> describe_inputs(const Environment& env, const ort::Session* session) {
  const ort::Api& api = env.api();
  std::size_t count = 0;
  check(api, api.SessionGetInputCount(session, &count), "SessionGetInputCount");
  std::vector<TensorInfo> all;
  for (std::size_t i = 0; i < count; ++i) {
    char* name = nullptr;
    check(api, api.SessionGetInputName(session, i, env.allocator(), &name), "SessionGetInputName");
    TypeInfoHandle type(api);
    std::string owned = take_string(env, name);
    check(api, api.SessionGetInputTypeInfo(session, i, type.out()), "SessionGetInputTypeInfo");
    all.push_back(describe(env, std::move(owned), type));
  }
  return all;
}

std::vector<TensorInfo> describe_outputs(const Environment& env, const ort::Session* session) {
  const ort::Api& api = env.api();
  std::size_t count = 0;
  check(api, api.SessionGetOutputCount(session, &count), "SessionGetOutputCount");
  std::vector<TensorInfo> all;
  for (std::size_t i = 0; i < count; ++i) {
    char* name = nullptr;
    check(api, api.SessionGetOutputName(session, i, env.allocator(), &name), "SessionGetOutputName");
    TypeInfoHandle type(api);
    std::string owned = take_string(env, name);
    check(api, api.SessionGetOutputTypeInfo(session, i, type.out()), "SessionGetOutputTypeInfo");
    all.push_back(describe(env, std::move(owned), type));
  }
  return all;
}

RunOptionsHandle make_run_options(const ort::Api& api, const RunFlags& flags, const Device& device,
                                  const std::string& arenas) {
  RunOptionsHandle options(api);
  const bool talks = device.kind != Device::Kind::cpu;  // the session's log is verbose; its runs are quiet
  if (talks || flags.shrink_arena) {
    check(api, api.CreateRunOptions(options.out()), "CreateRunOptions");
  }
  if (talks) {
    check(api, api.RunOptionsSetRunLogSeverityLevel(options.get(), ort::kLogFatal),
          "RunOptionsSetRunLogSeverityLevel");
  }
  if (flags.shrink_arena) {
    check(api, api.AddRunConfigEntry(options.get(), "memory.enable_memory_arena_shrinkage", arenas.c_str()),
          "AddRunConfigEntry");
  }
  return options;
}

// The device's memory, by whichever of its names the runtime knows.
MemoryInfoHandle memory_of(const ort::Api& api, const Device& device) {
  MemoryInfoHandle memory(api);
  const Provider* provider = provider_of(device.kind);
  if (provider == nullptr || provider->memory_names().empty()) return memory;
  ort::Status* status = nullptr;
  for (const char* name : provider->memory_names()) {
    if (status != nullptr) api.ReleaseStatus(status);
    status =
        api.CreateMemoryInfo(name, ort::kDeviceAllocator, device.index, ort::kMemoryDefault, memory.out());
    if (status == nullptr) return memory;
  }
  check(api, status, "CreateMemoryInfo");
  return memory;
}

}  // namespace

PrepackedWeights::PrepackedWeights(std::shared_ptr<Environment> env)
    : env_(std::move(env)), handle_(env_->api()) {
  check(env_->api(), env_->api().CreatePrepackedWeightsContainer(handle_.out()),
        "CreatePrepackedWeightsContainer");
}

Session::Session(std::shared_ptr<Environment> env, const std::filesystem::path& path,
                 std::shared_ptr<WeightFile> weights, std::shared_ptr<PrepackedWeights> prepacked,
                 const SessionOptions& options)
    : env_(std::move(env)),
      weights_(std::move(weights)),
      prepacked_(std::move(prepacked)),
      session_(env_->api()),
      device_(options.device),
      arenas_("cpu:0") {
  if (options.device.kind == Device::Kind::cuda) arenas_ += ";gpu:" + std::to_string(options.device.index);
  const SessionOptionsHandle raw = make_options(*env_, weights_.get(), options);
  try {
    create(path, raw.get(), options);
  } catch (const EngineError& error) {
    const Provider* provider = provider_of(options.device.kind);
    if (provider != nullptr && provider->is_failure(error)) {
      throw device_failure(error, *env_, options.device);
    }
    throw;
  }
  device_memory_ = memory_of(env_->api(), options.device);
  inputs_ = describe_inputs(*env_, session_.get());
  outputs_ = describe_outputs(*env_, session_.get());
}

void Session::create(const std::filesystem::path& path, ort::SessionOptions* raw,
                     const SessionOptions& options) {
  const ort::Api& api = env_->api();
  const std::scoped_lock lock(env_->creation_mutex());
  if (options.device.kind == Device::Kind::cpu) {
    if (prepacked_) {
      check(api,
            api.CreateSessionWithPrepackedWeightsContainer(env_->raw(), path.c_str(), raw, prepacked_->raw(),
                                                           session_.out()),
            "CreateSessionWithPrepackedWeightsContainer");
    } else {
      check(api, api.CreateSession(env_->raw(), path.c_str(), raw, session_.out()), "CreateSession");
    }
    return;
  }
  env_->placements().start();
  ort::Status* status = api.CreateSession(env_->raw(), path.c_str(), raw, session_.out());
  for (Placement& placement : env_->placements().stop()) {
    if (placement.provider == "CPUExecutionProvider") left_to_cpu_.push_back(std::move(placement));
  }
  check(api, status, "CreateSession");
  for (const Placement& left : left_to_cpu_) {
    if (options.allow_partial || left.node.find(kIndexNode) != std::string::npos) continue;
    const std::string what =
        left.node.empty() ? "every node" : "the node \"" + left.node + "\" (" + left.kind + ")";
    throw DeviceUnavailableError("device \"" + options.device.name() + "\": it leaves " + what + " of " +
                                 path.filename().string() +
                                 " to the CPU; allow it with allow_partial=True, or use device=\"cpu\"");
  }
}

ort::Status* Session::run_unbound(const ort::RunOptions* options, std::span<const Input> inputs,
                                  std::span<const Output> outputs, std::span<ort::Value*> out) {
  std::vector<const char*> input_names;
  std::vector<const ort::Value*> input_values;
  for (const Input& input : inputs) {
    input_names.push_back(input.name);
    input_values.push_back(input.value->raw());
  }
  std::vector<const char*> output_names;
  for (const Output& output : outputs) output_names.push_back(output.name.c_str());
  return env_->api().Run(session_.get(), options, input_names.data(), input_values.data(), inputs.size(),
                         output_names.data(), outputs.size(), out.data());
}

ort::Status* Session::run_bound(const ort::RunOptions* options, std::span<const Input> inputs,
                                std::span<const Output> outputs, std::span<ort::Value*> out) {
  const ort::Api& api = env_->api();
  IoBindingHandle binding(api);
  check(api, api.CreateIoBinding(session_.get(), binding.out()), "CreateIoBinding");
  for (const Input& input : inputs) {
    check(api, api.BindInput(binding.get(), input.name, input.value->raw()), "BindInput");
  }
  for (const Output& output : outputs) {
    const ort::MemoryInfo* where = output.stays ? device_memory_.get() : env_->cpu_memory();
    check(api, api.BindOutputToDevice(binding.get(), output.name.c_str(), where), "BindOutputToDevice");
  }
  check(api, api.SynchronizeBoundInputs(binding.get()), "SynchronizeBoundInputs");
  ort::Status* status = api.RunWithBinding(session_.get(), options, binding.get());
  if (status != nullptr) return status;
  check(api, api.SynchronizeBoundOutputs(binding.get()), "SynchronizeBoundOutputs");
  ort::Value** values = nullptr;
  std::size_t count = 0;
  check(api, api.GetBoundOutputValues(binding.get(), env_->allocator(), &values, &count),
        "GetBoundOutputValues");
  std::ranges::copy(std::span(values, count), out.begin());
  check(api, api.AllocatorFree(env_->allocator(), static_cast<void*>(values)), "AllocatorFree");
  return nullptr;
}

std::vector<Value> Session::run(std::span<const Input> inputs, std::span<const Output> outputs,
                                const RunFlags& flags) {
  const ort::Api& api = env_->api();
  const RunOptionsHandle options = make_run_options(api, flags, device_, arenas_);
  std::vector<ort::Value*> raw(outputs.size(), nullptr);
  ort::Status* status = nullptr;
  {
    const DenormalsAsZero guard;
    status = has_device_memory() ? run_bound(options.get(), inputs, outputs, raw)
                                 : run_unbound(options.get(), inputs, outputs, raw);
  }
  std::vector<ValueHandle> handles;  // first of all: own what came, even where the run failed
  handles.reserve(raw.size());
  for (ort::Value* value : raw) {
    handles.emplace_back(api, value);
  }
  try {
    check(api, status, "Run");
  } catch (const EngineError& error) {
    const Provider* provider = provider_of(device_.kind);
    if (provider != nullptr && provider->lacks_library(error)) throw device_failure(error, *env_, device_);
    throw;
  }
  if (flags.shrink_arena) {
    // What the arena has freed may still lie in malloc's own lists, since freeing large blocks makes glibc
    // keep them: measured, 16 MiB for each of six sessions.
    malloc_trim(0);
  }
  std::vector<Value> values;
  values.reserve(handles.size());
  for (ValueHandle& handle : handles) {
    values.push_back(Value::adopt(env_, std::move(handle), has_device_memory()));
  }
  return values;
}

std::string Session::end_profiling() {
  char* path = nullptr;
  check(env_->api(), env_->api().SessionEndProfiling(session_.get(), env_->allocator(), &path),
        "SessionEndProfiling");
  return take_string(*env_, path);
}

}  // namespace bertqa::runtime
