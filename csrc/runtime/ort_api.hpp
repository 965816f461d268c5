// The part of ONNX Runtime's C API that we use, declared by ourselves: the wheels carry the library, not its
// header. The library hands out one table of function pointers that only ever grows at its end, so an entry
// is known by its slot; BERTQA_PIN at the foot of the file pins each one. Slots and signatures are facts of
// the API (version 23); a new entry goes in at its slot, shortens the gap it falls into, and needs a pin and
// a test.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bertqa::ort {

// The oldest table that has every entry below. GetApi is asked for exactly this one: asking for more than a
// library has makes it print to stderr.
inline constexpr std::uint32_t kApiVersion = 23;

struct Allocator;
struct ArenaCfg;
struct CUDAProviderOptions;
struct CustomOp;  // ort_custom_op.hpp
struct CustomOpDomain;
struct Env;
struct EpDevice;
struct IoBinding;
struct KeyValuePairs;
struct KernelContext;
struct KernelInfo;
struct MemoryInfo;
struct PrepackedWeightsContainer;
struct RunOptions;
struct Session;
struct SessionOptions;
struct Status;
struct TensorTypeAndShapeInfo;
struct ThreadingOptions;
struct TypeInfo;
struct Value;

enum LoggingLevel : int { kLogVerbose = 0, kLogFatal = 4 };
enum AllocatorType : int { kDeviceAllocator = 0, kArenaAllocator = 1 };
enum MemoryType : int { kMemoryDefault = 0 };
enum ErrorCode : int { kOk = 0, kFail = 1 };  // names: status.cpp

extern "C" {
// Called with every number below the count, from several threads.
using ParallelWork = void(void* data, std::size_t number);
using LoggingFunction = void(void* data, LoggingLevel severity, const char* category, const char* log_id,
                             const char* location, const char* message);

// A function that returns Status* returns null for success; the caller owns any other result.
struct Api {
  Status* (*CreateStatus)(ErrorCode, const char* message);
  ErrorCode (*GetErrorCode)(const Status*);
  const char* (*GetErrorMessage)(const Status*);
  const void* skipped_3[4];
  Status* (*CreateSession)(const Env*, const char* path, const SessionOptions*, Session** out);
  const void* skipped_8[1];
  Status* (*Run)(Session*, const RunOptions*, const char* const* input_names, const Value* const* inputs,
                 std::size_t input_count, const char* const* output_names, std::size_t output_count,
                 Value** outputs);
  Status* (*CreateSessionOptions)(SessionOptions** out);
  const void* skipped_11[3];
  Status* (*EnableProfiling)(SessionOptions*, const char* prefix);
  const void* skipped_15[2];
  Status* (*DisableMemPattern)(SessionOptions*);
  const void* skipped_18[4];
  Status* (*SetSessionLogSeverityLevel)(SessionOptions*, int level);
  Status* (*SetSessionGraphOptimizationLevel)(SessionOptions*, int level);
  const void* skipped_24[2];
  Status* (*CreateCustomOpDomain)(const char* name, CustomOpDomain** out);
  Status* (*CustomOpDomain_Add)(CustomOpDomain*, const CustomOp*);
  Status* (*AddCustomOpDomain)(SessionOptions*, CustomOpDomain*);
  const void* skipped_29[1];
  Status* (*SessionGetInputCount)(const Session*, std::size_t* out);
  Status* (*SessionGetOutputCount)(const Session*, std::size_t* out);
  const void* skipped_32[1];
  Status* (*SessionGetInputTypeInfo)(const Session*, std::size_t index, TypeInfo** out);
  Status* (*SessionGetOutputTypeInfo)(const Session*, std::size_t index, TypeInfo** out);
  const void* skipped_35[1];
  Status* (*SessionGetInputName)(const Session*, std::size_t index, Allocator*, char** out);
  Status* (*SessionGetOutputName)(const Session*, std::size_t index, Allocator*, char** out);
  const void* skipped_38[1];
  Status* (*CreateRunOptions)(RunOptions** out);
  const void* skipped_40[1];
  Status* (*RunOptionsSetRunLogSeverityLevel)(RunOptions*, int level);
  const void* skipped_42[6];
  Status* (*CreateTensorAsOrtValue)(Allocator*, const std::int64_t* shape, std::size_t rank, int type,
                                    Value** out);
  Status* (*CreateTensorWithDataAsOrtValue)(const MemoryInfo*, void* data, std::size_t bytes,
                                            const std::int64_t* shape, std::size_t rank, int type,
                                            Value** out);
  const void* skipped_50[1];
  Status* (*GetTensorMutableData)(Value*, void** out);
  const void* skipped_52[3];
  Status* (*CastTypeInfoToTensorInfo)(const TypeInfo*, const TensorTypeAndShapeInfo** out);
  const void* skipped_56[4];
  Status* (*GetTensorElementType)(const TensorTypeAndShapeInfo*, int* out);
  Status* (*GetDimensionsCount)(const TensorTypeAndShapeInfo*, std::size_t* out);
  Status* (*GetDimensions)(const TensorTypeAndShapeInfo*, std::int64_t* out, std::size_t count);
  const void* skipped_63[2];
  Status* (*GetTensorTypeAndShape)(const Value*, TensorTypeAndShapeInfo** out);
  const void* skipped_66[2];
  Status* (*CreateMemoryInfo)(const char* name, AllocatorType, int id, MemoryType, MemoryInfo** out);
  Status* (*CreateCpuMemoryInfo)(AllocatorType, MemoryType, MemoryInfo** out);
  const void* skipped_70[1];
  Status* (*MemoryInfoGetName)(const MemoryInfo*, const char** out);
  const void* skipped_72[4];
  Status* (*AllocatorFree)(Allocator*, void* memory);
  const void* skipped_77[1];
  Status* (*GetAllocatorWithDefaultOptions)(Allocator** out);
  const void* skipped_79[6];
  Status* (*KernelInfoGetAttribute_float)(const KernelInfo*, const char* name, float* out);
  const void* skipped_86[4];
  Status* (*KernelContext_GetInput)(const KernelContext*, std::size_t index, const Value** out);
  Status* (*KernelContext_GetOutput)(KernelContext*, std::size_t index, const std::int64_t* shape,
                                     std::size_t rank, Value** out);
  void (*ReleaseEnv)(Env*);
  void (*ReleaseStatus)(Status*);
  void (*ReleaseMemoryInfo)(MemoryInfo*);
  void (*ReleaseSession)(Session*);
  void (*ReleaseValue)(Value*);
  void (*ReleaseRunOptions)(RunOptions*);
  void (*ReleaseTypeInfo)(TypeInfo*);
  void (*ReleaseTensorTypeAndShapeInfo)(TensorTypeAndShapeInfo*);
  void (*ReleaseSessionOptions)(SessionOptions*);
  void (*ReleaseCustomOpDomain)(CustomOpDomain*);
  const void* skipped_102[8];
  Status* (*SessionEndProfiling)(Session*, Allocator*, char** out);
  const void* skipped_111[9];
  Status* (*DisablePerSessionThreads)(SessionOptions*);
  Status* (*CreateThreadingOptions)(ThreadingOptions** out);
  void (*ReleaseThreadingOptions)(ThreadingOptions*);
  const void* skipped_123[2];
  Status* (*GetAvailableProviders)(char*** out, int* count);
  Status* (*ReleaseAvailableProviders)(char** names, int count);
  const void* skipped_127[3];
  Status* (*AddSessionConfigEntry)(SessionOptions*, const char* key, const char* value);
  const void* skipped_131[2];
  Status* (*RunWithBinding)(Session*, const RunOptions*, const IoBinding*);
  Status* (*CreateIoBinding)(Session*, IoBinding** out);
  void (*ReleaseIoBinding)(IoBinding*);
  Status* (*BindInput)(IoBinding*, const char* name, const Value*);
  const void* skipped_137[1];
  Status* (*BindOutputToDevice)(IoBinding*, const char* name, const MemoryInfo*);
  const void* skipped_139[1];
  Status* (*GetBoundOutputValues)(const IoBinding*, Allocator*, Value*** out, std::size_t* count);
  const void* skipped_141[3];
  Status* (*CreateAndRegisterAllocator)(Env*, const MemoryInfo*, const ArenaCfg*);
  const void* skipped_145[2];
  Status* (*SetGlobalIntraOpNumThreads)(ThreadingOptions*, int count);
  Status* (*SetGlobalInterOpNumThreads)(ThreadingOptions*, int count);
  Status* (*SetGlobalSpinControl)(ThreadingOptions*, int allow);
  Status* (*AddInitializer)(SessionOptions*, const char* name, const Value*);
  Status* (*CreateEnvWithCustomLoggerAndGlobalThreadPools)(LoggingFunction*, void* data, LoggingLevel,
                                                           const char* log_id, const ThreadingOptions*,
                                                           Env** out);
  const void* skipped_152[3];
  Status* (*SetGlobalDenormalAsZero)(ThreadingOptions*);
  const void* skipped_156[1];
  void (*ReleaseArenaCfg)(ArenaCfg*);
  const void* skipped_158[6];
  Status* (*CreateArenaCfgV2)(const char* const* keys, const std::size_t* values, std::size_t count,
                              ArenaCfg** out);
  Status* (*AddRunConfigEntry)(RunOptions*, const char* key, const char* value);
  Status* (*CreatePrepackedWeightsContainer)(PrepackedWeightsContainer** out);
  void (*ReleasePrepackedWeightsContainer)(PrepackedWeightsContainer*);
  Status* (*CreateSessionWithPrepackedWeightsContainer)(const Env*, const char* path, const SessionOptions*,
                                                        PrepackedWeightsContainer*, Session** out);
  const void* skipped_169[25];
  Status* (*GetTensorMemoryInfo)(const Value*, const MemoryInfo** out);
  const void* skipped_195[7];
  Status* (*SynchronizeBoundInputs)(IoBinding*);
  Status* (*SynchronizeBoundOutputs)(IoBinding*);
  Status* (*SessionOptionsAppendExecutionProvider_CUDA_V2)(SessionOptions*, const CUDAProviderOptions*);
  Status* (*CreateCUDAProviderOptions)(CUDAProviderOptions** out);
  Status* (*UpdateCUDAProviderOptions)(CUDAProviderOptions*, const char* const* keys,
                                       const char* const* values, std::size_t count);
  const void* skipped_207[1];
  void (*ReleaseCUDAProviderOptions)(CUDAProviderOptions*);
  const void* skipped_209[7];
  Status* (*SessionOptionsAppendExecutionProvider)(SessionOptions*, const char* name, const char* const* keys,
                                                   const char* const* values, std::size_t count);
  const void* skipped_217[32];
  Status* (*KernelInfoGetConstantInput_tensor)(const KernelInfo*, std::size_t index, int* is_constant,
                                               const Value** out);
  const void* skipped_250[24];
  Status* (*KernelContext_ParallelFor)(const KernelContext*, ParallelWork*, std::size_t count,
                                       std::size_t batches, void* data);
  const void* skipped_275[22];
  const char* (*GetKeyValue)(const KeyValuePairs*, const char* key);
  const void* skipped_298[3];
  Status* (*RegisterExecutionProviderLibrary)(Env*, const char* name, const char* path);
  Status* (*UnregisterExecutionProviderLibrary)(Env*, const char* name);
  Status* (*GetEpDevices)(const Env*, const EpDevice* const** out, std::size_t* count);
  Status* (*SessionOptionsAppendExecutionProvider_V2)(SessionOptions*, Env*, const EpDevice* const* devices,
                                                      std::size_t device_count, const char* const* keys,
                                                      const char* const* values, std::size_t count);
  const void* skipped_305[7];
  const char* (*EpDevice_EpName)(const EpDevice*);
  const void* skipped_313[1];
  const KeyValuePairs* (*EpDevice_EpMetadata)(const EpDevice*);
};

struct ApiBase {
  const Api* (*GetApi)(std::uint32_t version);
  const char* (*GetVersionString)();
};
}

#define BERTQA_PIN(entry, slot) \
  static_assert(offsetof(Api, entry) == (slot) * sizeof(void*), "Api::" #entry " has left its slot " #slot)
BERTQA_PIN(CreateStatus, 0);
BERTQA_PIN(GetErrorCode, 1);
BERTQA_PIN(GetErrorMessage, 2);
BERTQA_PIN(CreateSession, 7);
BERTQA_PIN(Run, 9);
BERTQA_PIN(CreateSessionOptions, 10);
BERTQA_PIN(EnableProfiling, 14);
BERTQA_PIN(DisableMemPattern, 17);
BERTQA_PIN(SetSessionLogSeverityLevel, 22);
BERTQA_PIN(SetSessionGraphOptimizationLevel, 23);
BERTQA_PIN(CreateCustomOpDomain, 26);
BERTQA_PIN(CustomOpDomain_Add, 27);
BERTQA_PIN(AddCustomOpDomain, 28);
BERTQA_PIN(SessionGetInputCount, 30);
BERTQA_PIN(SessionGetOutputCount, 31);
BERTQA_PIN(SessionGetInputTypeInfo, 33);
BERTQA_PIN(SessionGetOutputTypeInfo, 34);
BERTQA_PIN(SessionGetInputName, 36);
BERTQA_PIN(SessionGetOutputName, 37);
BERTQA_PIN(CreateRunOptions, 39);
BERTQA_PIN(RunOptionsSetRunLogSeverityLevel, 41);
BERTQA_PIN(CreateTensorAsOrtValue, 48);
BERTQA_PIN(CreateTensorWithDataAsOrtValue, 49);
BERTQA_PIN(GetTensorMutableData, 51);
BERTQA_PIN(CastTypeInfoToTensorInfo, 55);
BERTQA_PIN(GetTensorElementType, 60);
BERTQA_PIN(GetDimensionsCount, 61);
BERTQA_PIN(GetDimensions, 62);
BERTQA_PIN(GetTensorTypeAndShape, 65);
BERTQA_PIN(CreateMemoryInfo, 68);
BERTQA_PIN(CreateCpuMemoryInfo, 69);
BERTQA_PIN(MemoryInfoGetName, 71);
BERTQA_PIN(AllocatorFree, 76);
BERTQA_PIN(GetAllocatorWithDefaultOptions, 78);
BERTQA_PIN(KernelInfoGetAttribute_float, 85);
BERTQA_PIN(KernelContext_GetInput, 90);
BERTQA_PIN(KernelContext_GetOutput, 91);
BERTQA_PIN(ReleaseEnv, 92);
BERTQA_PIN(ReleaseStatus, 93);
BERTQA_PIN(ReleaseMemoryInfo, 94);
BERTQA_PIN(ReleaseSession, 95);
BERTQA_PIN(ReleaseValue, 96);
BERTQA_PIN(ReleaseRunOptions, 97);
BERTQA_PIN(ReleaseTypeInfo, 98);
BERTQA_PIN(ReleaseTensorTypeAndShapeInfo, 99);
BERTQA_PIN(ReleaseSessionOptions, 100);
BERTQA_PIN(ReleaseCustomOpDomain, 101);
BERTQA_PIN(SessionEndProfiling, 110);
BERTQA_PIN(DisablePerSessionThreads, 120);
BERTQA_PIN(CreateThreadingOptions, 121);
BERTQA_PIN(ReleaseThreadingOptions, 122);
BERTQA_PIN(GetAvailableProviders, 125);
BERTQA_PIN(ReleaseAvailableProviders, 126);
BERTQA_PIN(AddSessionConfigEntry, 130);
BERTQA_PIN(RunWithBinding, 133);
BERTQA_PIN(CreateIoBinding, 134);
BERTQA_PIN(ReleaseIoBinding, 135);
BERTQA_PIN(BindInput, 136);
BERTQA_PIN(BindOutputToDevice, 138);
BERTQA_PIN(GetBoundOutputValues, 140);
BERTQA_PIN(CreateAndRegisterAllocator, 144);
BERTQA_PIN(SetGlobalIntraOpNumThreads, 147);
BERTQA_PIN(SetGlobalInterOpNumThreads, 148);
BERTQA_PIN(SetGlobalSpinControl, 149);
BERTQA_PIN(AddInitializer, 150);
BERTQA_PIN(CreateEnvWithCustomLoggerAndGlobalThreadPools, 151);
BERTQA_PIN(SetGlobalDenormalAsZero, 155);
BERTQA_PIN(ReleaseArenaCfg, 157);
BERTQA_PIN(CreateArenaCfgV2, 164);
BERTQA_PIN(AddRunConfigEntry, 165);
BERTQA_PIN(CreatePrepackedWeightsContainer, 166);
BERTQA_PIN(ReleasePrepackedWeightsContainer, 167);
BERTQA_PIN(CreateSessionWithPrepackedWeightsContainer, 168);
BERTQA_PIN(GetTensorMemoryInfo, 194);
BERTQA_PIN(SynchronizeBoundInputs, 202);
BERTQA_PIN(SynchronizeBoundOutputs, 203);
BERTQA_PIN(SessionOptionsAppendExecutionProvider_CUDA_V2, 204);
BERTQA_PIN(CreateCUDAProviderOptions, 205);
BERTQA_PIN(UpdateCUDAProviderOptions, 206);
BERTQA_PIN(ReleaseCUDAProviderOptions, 208);
BERTQA_PIN(SessionOptionsAppendExecutionProvider, 216);
BERTQA_PIN(KernelInfoGetConstantInput_tensor, 249);
BERTQA_PIN(KernelContext_ParallelFor, 274);
BERTQA_PIN(GetKeyValue, 297);
BERTQA_PIN(RegisterExecutionProviderLibrary, 301);
BERTQA_PIN(UnregisterExecutionProviderLibrary, 302);
BERTQA_PIN(GetEpDevices, 303);
BERTQA_PIN(SessionOptionsAppendExecutionProvider_V2, 304);
BERTQA_PIN(EpDevice_EpName, 312);
BERTQA_PIN(EpDevice_EpMetadata, 314);
#undef BERTQA_PIN

}  // namespace bertqa::ort
