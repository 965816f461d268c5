"""What is said of devices that are not there."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

import bertqa_fast as bf
from bertqa_fast.device import _PLUG_INS, check_device


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:3", "webgpu", "openvino"])
def test_known_devices_are_taken(device: str) -> None:
    assert check_device(device, "fp32") == (device, "fp32")


@pytest.mark.parametrize("device", ["CPU", "gpu", "cuda:", "cuda:-1", "webgpu:1", "", 0, None])
def test_others_are_not(device: Any) -> None:
    with pytest.raises(ValueError, match=r"device: got .*wanted 'cpu', 'cuda', 'cuda:N', 'webgpu'"):
        check_device(device, "fp32")


def test_a_precision_says_whose_it_is() -> None:
    assert check_device("cuda:1", "tf32") == ("cuda:1", "tf32")
    with pytest.raises(
        ValueError, match="device 'cpu' has 'fp32' or 'bf16x3' or 'bf16'; 'tf32' is for device='cuda'"
    ):
        check_device("cpu", "tf32")


@pytest.mark.parametrize("device", ["openvino", "webgpu"])
def test_a_missing_plug_in_is_named(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(
        bf.DeviceUnavailableError,
        match=rf"onnxruntime-ep-{device} is not installed; pip install bertqa_fast\[{device}\]",
    ):
        _PLUG_INS[device].library()


def test_a_library_that_is_no_provider_is_named(environment: Any, tmp_path: Path) -> None:
    library = tmp_path / "libnothing.so"
    library.write_bytes(b"no library")
    with pytest.raises(bf.DeviceUnavailableError, match=r'provider "Nothing".*libnothing\.so'):
        environment.register_provider_library("Nothing", library)


def test_the_cpu_takes_no_provider_options(random_reader: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="provider_options: device 'cpu' has no provider"):
        bf.load(random_reader().folder, cache_dir=tmp_path, device="cpu", provider_options={"a": "b"})
    with pytest.raises(TypeError, match="provider_options: got 1 for 'device_id', wanted text"):
        bf.load(random_reader().folder, device="cuda", provider_options={"device_id": 1})  # type: ignore[dict-item]
