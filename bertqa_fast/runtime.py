"""The ONNX Runtime library of whichever wheel is installed, found without importing it.

Importing Python's ``onnxruntime`` would bring a second copy of the runtime into the process, with threads of
its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.metadata
import importlib.util
import os
from pathlib import Path

from bertqa_fast import _core
from bertqa_fast.errors import RuntimeLoadError

LIBRARY_VARIABLE = "BERTQA_FAST_RUNTIME"
"""Environment variable that names a library to use in place of an installed wheel's."""

CUDA_LIBRARIES = (
    "libcudart",
    "libnvJitLink",
    "libnvrtc",
    "libcublasLt",
    "libcublas",
    "libcufft",
    "libcurand",
    "libcudnn",
)
"""What the CUDA provider needs, each after what it needs itself."""


def runtime_distributions() -> list[str]:
    """Name the installed distributions that bring the ``onnxruntime`` package, sorted.

    Extensions and plug-in providers, such as ``onnxruntime-ep-openvino``, are named alike but bring other
    packages.
    """
    names = set()
    for distribution in importlib.metadata.distributions():
        name = (distribution.metadata["Name"] or "").lower().replace("_", "-")
        if name.startswith(("onnxruntime", "ort-nightly")) and any(
            file.parts == ("onnxruntime", "__init__.py") for file in distribution.files or ()
        ):
            names.add(name)
    return sorted(names)


def library_path() -> Path:
    """Find the runtime's library.

    Returns
    -------
    pathlib.Path
        ``capi/libonnxruntime.so.*`` of the installed wheel, or what ``BERTQA_FAST_RUNTIME`` names.

    Raises
    ------
    RuntimeLoadError
        If no runtime is installed, two are, or the wheel has no library.
    """
    named = os.environ.get(LIBRARY_VARIABLE)
    if named:
        return Path(named)
    names = runtime_distributions()
    if len(names) > 1:
        raise RuntimeLoadError(
            f"{' and '.join(names)} are both installed and overwrite each other's files: "
            f"pip uninstall {' '.join(names)}, then install the one that is wanted, "
            "bertqa_fast[cpu] or bertqa_fast[gpu]"
        )
    spec = importlib.util.find_spec("onnxruntime")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeLoadError(
            "ONNX Runtime is not installed: pip install bertqa_fast[cpu], or bertqa_fast[gpu] for CUDA"
        )
    folders = [Path(folder) / "capi" for folder in spec.submodule_search_locations]
    found = sorted(path for folder in folders for path in folder.glob("libonnxruntime.so*"))
    if not found:
        raise RuntimeLoadError(
            f"no libonnxruntime.so in {', '.join(map(str, folders))}, though "
            f"{' and '.join(names) or 'onnxruntime'} is installed: reinstall it, or name a library in "
            f"{LIBRARY_VARIABLE}"
        )
    return found[-1]


def load_cuda_libraries() -> list[Path]:
    """Load CUDA's libraries from NVIDIA's wheels, where they are installed.

    The dynamic linker does not look into wheels, but finds by name what is loaded already. A library that
    cannot be loaded is left out: the CUDA provider then says what it misses.

    Returns
    -------
    list of pathlib.Path
        What was loaded, in order.
    """
    spec = importlib.util.find_spec("nvidia")
    folders = (spec.submodule_search_locations if spec else None) or []
    loaded = []
    for name in CUDA_LIBRARIES:
        for path in sorted(path for folder in folders for path in Path(folder).glob(f"*/lib/{name}.so.*")):
            with contextlib.suppress(OSError):
                ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
                loaded.append(path)
    return loaded


def environment(threads: int | None = None, device: str = "cpu") -> _core.Environment:
    """Give the process's one runtime environment, starting it where none runs.

    Parameters
    ----------
    threads : int or None
        Threads to compute with, the caller's included. ``None`` takes what runs, or else the processors
        that this process may use (its affinity mask, within its control groups' quota).
    device : str
        For ``"cuda"`` and ``"cuda:N"`` the libraries that the device needs are loaded before it is asked for.

    Raises
    ------
    RuntimeLoadError
        If the library is missing, cannot be loaded or is too old.
    ValueError
        If another number of threads runs already.
    """
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int)):
        raise TypeError(f"threads: got {threads!r}, wanted a positive number, or None")
    if threads is not None and threads < 1:
        raise ValueError(
            f"threads: got {threads}, wanted a positive number, or None for all usable processors"
        )
    if device.startswith("cuda"):
        load_cuda_libraries()
    return _core.Environment(library_path(), threads or 0)
