"""Which devices a model can run on here, and what the others lack."""

from __future__ import annotations

import importlib.util
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bertqa_fast import _core
from bertqa_fast.errors import DeviceUnavailableError, EngineError, RuntimeLoadError
from bertqa_fast.runtime import environment

PRECISIONS = {
    "cpu": ("fp32", "bf16x3", "bf16"),
    "cuda": ("fp32", "tf32"),
    "webgpu": ("fp32",),
    "openvino": ("fp32",),
}
"""What each kind of device can multiply in."""

PATTERN = re.compile(r"cpu|cuda(:\d+)?|webgpu|openvino")


@dataclass(frozen=True)
class DeviceInfo:
    """A device, and whether a model can run on it.

    Attributes
    ----------
    name : str
        What ``device=`` of :func:`bertqa_fast.load` takes.
    available : bool
        Whether a graph ran there just now.
    precisions : tuple of str
        What ``precision=`` takes for it here.
    reason : str
        Why it is not available, and what to do; empty where it is.
    """

    name: str
    available: bool
    precisions: tuple[str, ...]
    reason: str


def devices() -> list[DeviceInfo]:
    """List the devices: which are usable here, and why the others are not.

    On each a graph of one node is loaded and run. Where ONNX Runtime itself cannot be loaded, that is every
    device's reason.
    """
    with tempfile.TemporaryDirectory() as folder:
        graph = _one_node(Path(folder))
        return [_try(name, graph) for name in PRECISIONS]


def check_device(device: object, precision: object) -> tuple[str, str]:
    """Return both, or say what was wanted.

    Raises
    ------
    ValueError
        For a device that there is no such kind of, or a precision that its kind does not have.
    DeviceUnavailableError
        For a precision that this processor has no units for.
    """
    if not isinstance(device, str) or not PATTERN.fullmatch(device):
        raise ValueError(
            f"device: got {str(device)!r}, wanted 'cpu', 'cuda', 'cuda:N', 'webgpu' or 'openvino'"
        )
    known = PRECISIONS[device.partition(":")[0]]
    if precision not in known:
        wanted = " or ".join(map(repr, known))
        others = [name for name, has in PRECISIONS.items() if precision in has]
        hint = f"; {precision!r} is for device={' or '.join(map(repr, others))}" if others else ""
        raise ValueError(f"precision: got {precision!r}, but device {device!r} has {wanted}{hint}")
    _core.check_precision(device, str(precision))
    return device, str(precision)


def check_options(device: str, options: Mapping[str, str] | None) -> dict[str, str]:
    """Return a copy of the options for a device's provider.

    Raises
    ------
    ValueError
        For options where the device has no provider that takes any.
    TypeError
        For an option that is not text.
    """
    given = dict(options or {})
    if given and device == "cpu":
        raise ValueError(f"provider_options: device 'cpu' has no provider that takes any, got {given!r}")
    for key, value in given.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"provider_options: got {value!r} for {key!r}, wanted text")
    return given


def open_environment(device: str, threads: int | None = None) -> _core.Environment:
    """Give the runtime environment, with the device's plug-in provider loaded where it needs one.

    Raises
    ------
    DeviceUnavailableError
        If the plug-in's package is missing, or its library cannot be loaded.
    RuntimeLoadError, ValueError
        See :func:`bertqa_fast.runtime.environment`.
    """
    env = environment(threads, device)
    plug_in = _PLUG_INS.get(device)
    if plug_in is not None and not (plug_in.built_in and env.has_provider(plug_in.built_in)):
        env.register_provider_library(plug_in.name, plug_in.library())
    return env


@dataclass(frozen=True)
class _PlugIn:
    """A provider that a package of its own brings, for an ONNX Runtime that was built without it.

    Attributes
    ----------
    device : str
        Whose it is.
    name : str
        What it is registered as.
    package, install : str
        The module that holds its library, and what `pip install` wants.
    stem : str
        Name of the library, without what differs between systems.
    built_in : str
        The provider's name where it may be built in as well.
    """

    device: str
    name: str
    package: str
    install: str
    stem: str
    built_in: str = ""

    def library(self) -> Path:
        """Find the library, or say what to install."""
        spec = importlib.util.find_spec(self.package)
        for folder in (spec.submodule_search_locations if spec else None) or []:
            for name in (f"lib{self.stem}.so", f"lib{self.stem}.dylib", f"{self.stem}.dll"):
                library = Path(folder) / name
                if library.is_file():
                    return library
        raise DeviceUnavailableError(
            f'device "{self.device}": the package {self.package.replace("_", "-")} is not installed; '
            f'pip install {self.install}, or use device="cpu"'
        )


_PLUG_INS = {
    plug_in.device: plug_in
    for plug_in in (
        _PlugIn(
            "openvino",
            "OpenVINO",
            "onnxruntime_ep_openvino",
            "bertqa_fast[openvino]",
            "onnxruntime_providers_openvino_plugin",
        ),
        _PlugIn(
            "webgpu",
            "WebGPU",
            "onnxruntime_ep_webgpu",
            "bertqa_fast[webgpu]",
            "onnxruntime_providers_webgpu",
            built_in="WebGpuExecutionProvider",
        ),
    )
}


def _try(name: str, graph: Path) -> DeviceInfo:
    import numpy as np

    reason = ""
    try:
        session = _core.Session(open_environment(name), graph, device=name)
        ran = session.run({"x": np.ones(1, np.float32)})["y"]
        if ran.tolist() != [1.0]:
            reason = f"a graph of one node gave {ran.tolist()} in place of [1.0]"
    except (DeviceUnavailableError, EngineError, RuntimeLoadError) as error:
        reason = str(error)
    return DeviceInfo(name, not reason, tuple(p for p in PRECISIONS[name] if _has_units(name, p)), reason)


def _has_units(device: str, precision: str) -> bool:
    try:
        _core.check_precision(device, precision)
    except DeviceUnavailableError:
        return False
    return True


def _one_node(folder: Path) -> Path:
    from onnx import TensorProto, helper, save

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    graph = helper.make_graph(
        [helper.make_node("Abs", ["x"], ["y"], name="abs")], "probe", ends[:1], ends[1:]
    )
    path = folder / "probe.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path
