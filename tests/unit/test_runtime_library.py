"""Finding and loading the runtime's library: each way it can fail says what was found and what is needed."""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from bertqa_fast import _core, runtime
from bertqa_fast.errors import RuntimeLoadError

LOAD = """
import json, sys
from bertqa_fast import _core
from bertqa_fast.errors import RuntimeLoadError
messages = []
for path in sys.argv[1:]:
    try:
        _core.Environment(path)
        messages.append("loaded")
    except RuntimeLoadError as error:
        messages.append(str(error))
print(json.dumps(messages))
"""


def fake_runtime(folder: Path, version: str) -> Path:
    """Compile a library that has the entry point and offers no table at all."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("g++")
    if compiler is None:
        pytest.skip("no C compiler to build the library with")
    source = folder / "fake.c"
    source.write_text(
        "static const void* get_api(unsigned version) { (void)version; return 0; }\n"
        f'static const char* get_version(void) {{ return "{version}"; }}\n'
        "static const struct { const void* (*api)(unsigned); const char* (*version)(void); } base = "
        "{get_api, get_version};\n"
        "const void* OrtGetApiBase(void) { return &base; }\n"
    )
    library = folder / "libonnxruntime.so.fake"
    subprocess.run([compiler, "-shared", "-fPIC", "-x", "c", "-o", library, source], check=True)
    return library


def install(folder: Path, name: str, *files: str) -> None:
    """Leave what a wheel leaves: its metadata and the record of its files."""
    info = folder / f"{name.replace('-', '_')}-1.30.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.30.0\n")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def test_missing_library_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        RuntimeLoadError, match=r"no runtime library at .*absent\.so .*needed is ONNX Runtime"
    ):
        _core.Environment(tmp_path / "absent.so")


def test_failures_are_told_apart(tmp_path: Path, run_python: Callable[..., Any]) -> None:
    text = tmp_path / "text.so"
    text.write_text("not a library")
    libm = ctypes.util.find_library("m")
    found = next(Path("/usr/lib").rglob(str(libm)), None) or next(Path("/lib").rglob(str(libm)), None)
    assert found is not None
    old = fake_runtime(tmp_path, "1.10.0")
    good = runtime.library_path()
    other = tmp_path / good.name
    shutil.copy(good, other)
    messages = run_python(LOAD, text, found, old, good, other)
    assert "cannot load" in messages[0]
    assert "text.so" in messages[0]
    assert "invalid ELF header" in messages[0] or "too short" in messages[0]
    assert "is not ONNX Runtime: it has no OrtGetApiBase" in messages[1]
    assert "is ONNX Runtime 1.10.0, which is too old; needed is ONNX Runtime 1.23 or later" in messages[2]
    assert messages[3] == "loaded"
    assert str(other) in messages[4]
    assert f"this process already runs {good}" in messages[4]


def test_loading_does_not_import_the_wheel(run_python: Callable[..., Any]) -> None:
    script = (
        "import json, sys; from bertqa_fast import runtime; e = runtime.environment(); "
        "print(json.dumps(['onnxruntime' in sys.modules, e.runtime_version, str(e.library_path)]))"
    )
    imported, version, path = run_python(script)
    assert not imported
    assert version == importlib.metadata.version(runtime.runtime_distributions()[0])
    assert Path(path) == runtime.library_path().resolve()


def test_two_runtimes_in_one_environment_are_both_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "onnxruntime", "onnxruntime/__init__.py")
    install(tmp_path, "onnxruntime-webgpu", "onnxruntime/__init__.py")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(RuntimeLoadError, match="onnxruntime and onnxruntime-webgpu are both installed"):
        runtime.library_path()


def test_extensions_and_plugins_are_no_runtimes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "onnxruntime-ep-openvino", "onnxruntime_ep_openvino/__init__.py")
    install(tmp_path, "onnxruntime-genai", "onnxruntime_genai/__init__.py")
    before = runtime.runtime_distributions()
    monkeypatch.syspath_prepend(tmp_path)
    assert runtime.runtime_distributions() == before
    assert runtime.library_path().is_file()


def test_no_runtime_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: iter(()))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RuntimeLoadError, match=r"pip install bertqa_fast\[cpu\], or bertqa_fast\[gpu\]"):
        runtime.library_path()


def test_wheel_without_a_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ModuleSpec("onnxruntime", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(RuntimeLoadError, match=r"no libonnxruntime\.so in .*capi, though .* is installed"):
        runtime.library_path()


def test_cuda_libraries_are_loaded_from_wheels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_python: Callable[..., Any]
) -> None:
    for name in ("cu13/lib/libcublas.so.13", "cu13/lib/libcublasLt.so.13", "cudnn/lib/libcudnn_graph.so.9"):
        (tmp_path / "nvidia" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(fake_runtime(tmp_path, "0"), tmp_path / "nvidia" / name)
    (tmp_path / "nvidia/cu13/lib/libcudart.so.13").write_text("not a library")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    names = run_python(
        "import json; from bertqa_fast import runtime; "
        "print(json.dumps([path.name for path in runtime.load_cuda_libraries()]))"
    )
    assert names == ["libcublasLt.so.13", "libcublas.so.13"]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert runtime.load_cuda_libraries() == []


def test_a_library_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERTQA_FAST_RUNTIME", str(tmp_path / "libmine.so"))
    assert runtime.library_path() == tmp_path / "libmine.so"
    with pytest.raises(RuntimeLoadError, match="libmine"):
        runtime.environment()
