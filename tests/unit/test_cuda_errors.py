"""What is said where CUDA does not work, and what its provider is given.

A library stands in for a runtime that was built with CUDA. It says what onnxruntime-gpu 1.23 and 1.31 say,
without names of hosts and folders.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast import runtime

SCRIPT = """
import json, os, sys
import numpy as np
from bertqa_fast import _core
from bertqa_fast.device import open_environment
graph, options, trials = sys.argv[1:]
os.environ["STAND_IN_OPTIONS"] = options
told = []
for fails, says, settings in json.loads(trials):
    os.environ |= {"STAND_IN_FAILS": fails, "STAND_IN_SAYS": says}
    open(options, "w").close()
    said = ["", ""]
    try:
        session = _core.Session(open_environment("cuda"), graph, **({"device": "cuda"} | settings))
        session.run({"x": np.ones(1, np.float32)})
    except Exception as error:
        said = [type(error).__name__, str(error)]
    told.append([*said, dict(line.rstrip().split("=", 1) for line in open(options))])
print(json.dumps(told))
"""

UPDATE = "UpdateCUDAProviderOptions"
MISSING = "cannot open shared object file: No such file or directory"
NO_GPU = "CUDA failure 100: no CUDA-capable device is detected"
OLD = "CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version"
NUMBER = "Invalid device ID: 7, must be between 0 (inclusive) and 2 (exclusive)"
ORDINAL = "CUDA failure 101: invalid device ordinal"
MEMORY = "CUDA failure 2: out of memory"
UNKNOWN = "CUDA failure 999: unknown error"
CUDNN = "cuDNN is unavailable or disabled for CUDA Execution Provider: cuDNN library was not found"


def of_loader(words: str) -> str:
    return (
        "/src/provider_bridge_ort.cc:2043 onnxruntime::Provider& onnxruntime::ProviderLibrary::Get() "
        "[ONNXRuntimeError] : 1 : FAIL : Failed to load library "
        f"/site/onnxruntime/capi/libonnxruntime_providers_cuda.so with error: {words}\n"
    )


def of_options(words: str) -> str:
    return (
        "/src/cuda_execution_provider_info.cc:63 static onnxruntime::CUDAExecutionProviderInfo "
        "onnxruntime::CUDAExecutionProviderInfo::FromProviderOptions(const onnxruntime::ProviderOptions&) "
        f"[ONNXRuntimeError] : 1 : FAIL : provider_options_utils.h:187 Parse {words}\n"
    )


def of_device_id(words: str) -> str:
    return of_options(f'Failed to parse provider option "device_id": {words}')


def of_call(words: str) -> str:
    return (
        "/src/cuda_call.cc:154 std::conditional_t<THRW, void, onnxruntime::common::Status> "
        "onnxruntime::CudaCall(ERRTYPE, const char*) [with ERRTYPE = cudaError; bool THRW = true] "
        f"{words} ; GPU=-1 ; hostname=host ; file=/src/provider.cc ; line=70 ; expr=cudaSetDevice(id); \n"
    )


@pytest.fixture(scope="module")
def stand_in(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("c++") or shutil.which("g++")
    if compiler is None:
        pytest.skip("no C++ compiler to build the library with")
    library = tmp_path_factory.mktemp("runtime") / "libonnxruntime.so.stand-in"
    source = root / "tests/unit/cuda_stand_in.cpp"
    options = ["-std=c++20", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I", root / "csrc"]
    subprocess.run([compiler, *options, "-o", library, source, "-ldl"], check=True)
    return library


Trial = tuple[str, str, dict[str, Any]]
Attempt = Callable[..., list[tuple[str, str, dict[str, str]]]]


@pytest.fixture
def attempt(
    stand_in: Path, make_graph: Callable[..., Path], run_python: Callable[..., Any], tmp_path: Path
) -> Attempt:
    """Make sessions and run them, in a process where an entry of the runtime's table fails.

    A trial is the entry, what it says, and the session's settings. Gives of each the error's class, what it
    says, and the options that the provider was given.
    """
    graph = make_graph([("Neg", ["x"], ["y"], {})], [("x", "float32", [1])], [("y", "float32", [1])])

    def run(*trials: Trial) -> list[tuple[str, str, dict[str, str]]]:
        env = {"BERTQA_FAST_RUNTIME": str(stand_in), "STAND_IN_FOR": str(runtime.library_path())}
        told = run_python(SCRIPT, graph, tmp_path / "options", json.dumps(trials), env=env)
        return [tuple(each) for each in told]

    return run


DRIVER_IS_MISSING = (UPDATE, of_loader(f"libcuda.so.1: {MISSING}"), {})
LIBRARY_IS_MISSING = (UPDATE, of_loader(f"libcublasLt.so.13: {MISSING}"), {})
CREATE = "CreateSession"
APPEND = "SessionOptionsAppendExecutionProvider_CUDA_V2"
INSTALL = "pip install onnxruntime-gpu[cuda,cudnn]"
NO_LIBRARY = "a library of CUDA is missing"
CAUSES = [  # the trial; the cause, the words of who refused, and what to do
    (DRIVER_IS_MISSING, "no NVIDIA driver was found", f"libcuda.so.1: {MISSING}", "nvidia-smi must list one"),
    ((UPDATE, of_device_id(of_call(NO_GPU)), {}), "no NVIDIA GPU was found", NO_GPU, "CUDA_VISIBLE_DEVICES"),
    ((CREATE, of_call(NO_GPU), {}), "no NVIDIA GPU was found", NO_GPU, "CUDA_VISIBLE_DEVICES"),
    ((CREATE, of_call(OLD), {}), "no NVIDIA driver was found, or it is too old", OLD, "or a newer one"),
    ((UPDATE, of_device_id(f"{NUMBER}."), {}), "there is no GPU of this number", NUMBER, "nvidia-smi -L"),
    ((CREATE, of_call(ORDINAL), {}), "there is no GPU of this number", ORDINAL, "nvidia-smi -L"),
    (LIBRARY_IS_MISSING, NO_LIBRARY, f"libcublasLt.so.13: {MISSING}", INSTALL),
    ((UPDATE, of_loader(f"libcudnn.so.9: {MISSING}"), {}), NO_LIBRARY, f"libcudnn.so.9: {MISSING}", INSTALL),
    ((CREATE, of_call(MEMORY), {}), "the GPU has no memory left", MEMORY, "nvidia-smi"),
    ((CREATE, of_call(UNKNOWN), {}), "CUDA does not start", UNKNOWN, "nvidia-smi"),
    (
        (APPEND, "what nobody knows", {}),
        "CUDA does not start",
        f"{APPEND}: what nobody knows (FAIL)",
        INSTALL,
    ),
]


def test_each_cause_is_named_with_what_to_do(attempt: Attempt) -> None:
    told = attempt(*(trial for trial, *_ in CAUSES))
    for (name, text, _), (_, cause, words, advice) in zip(told, CAUSES, strict=True):
        assert name == "DeviceUnavailableError", text
        head, _, rest = text.partition(" (ONNX Runtime ")
        assert head.startswith(f'device "cuda:0": {cause}')
        assert rest.partition(": ")[2].startswith(f"{words}); "), text
        assert advice in rest
        assert rest.endswith(', or use device="cpu"')
        assert "\n" not in text


def test_no_wheel_no_gpu_and_no_libraries_are_told_apart(attempt: Attempt) -> None:
    told = attempt(("build", "", {}), DRIVER_IS_MISSING, LIBRARY_IS_MISSING)
    texts = [text for _, text, _ in told]
    words = ["has no CUDA provider; pip uninstall onnxruntime", "no NVIDIA driver was found", NO_LIBRARY]
    assert [[each in text for each in words] for text in texts] == np.eye(3, dtype=bool).tolist()


def test_a_kernel_without_cudnn_says_what_to_install(attempt: Attempt) -> None:
    says = f"Non-zero status code returned while running ReduceMax node. Name:'a' Status Message: {CUDNN}"
    [(name, text, _)] = attempt(("RunWithBinding", says, {"allow_partial": True}))
    assert name == "DeviceUnavailableError"
    assert text.startswith('device "cuda:0": cuDNN is missing or switched off (ONNX Runtime ')
    assert f": {CUDNN}); {INSTALL}" in text


def test_other_failures_of_a_run_are_the_runtimes(attempt: Attempt) -> None:
    [(name, text, _)] = attempt(("RunWithBinding", of_call(MEMORY), {"allow_partial": True}))
    assert name == "EngineError"  # which the engine answers with smaller batches
    assert "out of memory" in text


def test_nodes_are_not_left_to_the_cpu_unsaid(attempt: Attempt) -> None:
    (name, text, _), allowed = attempt(("", "", {}), ("", "", {"allow_partial": True}))
    assert name == "DeviceUnavailableError"
    assert "to the CPU; allow it with allow_partial=True" in text
    assert allowed[:2] == ("", "")


def test_the_provider_is_given_what_is_asked_for(attempt: Attempt) -> None:
    theirs = {"use_tf32": "1", "enable_cuda_graph": "0"}
    settings: list[dict[str, Any]] = [
        {},
        {"device": "cuda:3", "precision": "tf32"},
        {"provider_options": theirs},
    ]
    plain, tf32, with_theirs = (given for _, _, given in attempt(*(("", "", each) for each in settings)))
    assert plain == {"device_id": "0", "use_tf32": "0", "arena_extend_strategy": "kSameAsRequested"}
    assert tf32 == plain | {"device_id": "3", "use_tf32": "1"}
    assert with_theirs == plain | theirs


def test_options_that_the_provider_does_not_take_are_the_callers_mistake(attempt: Attempt) -> None:
    unread = of_options('Failed to parse provider option "use_tf32": Failed to parse value: "1"')
    told = attempt(
        (UPDATE, of_options('Unknown provider option: "colour".'), {"provider_options": {"colour": "red"}}),
        (UPDATE, unread, {"provider_options": {"use_tf32": "maybe"}}),
        # What is wrong with an option of ours, or with the device that it names, is not.
        (UPDATE, unread, {}),
        (UPDATE, of_device_id(NUMBER), {"provider_options": {"device_id": "7"}}),
        (UPDATE, of_device_id(of_call(NO_GPU)), {"provider_options": {"device_id": "7"}}),
    )
    assert [name for name, _, _ in told] == ["ValueError"] * 2 + ["DeviceUnavailableError"] * 3
    assert told[0][1] == 'provider_options: CUDA\'s provider has no "colour"'
    assert told[1][1] == 'provider_options: CUDA\'s provider cannot read "maybe" as "use_tf32"'
