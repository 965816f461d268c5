"""Errors that are not the caller's mistake (those are ``ValueError``, ``TypeError``, naming the argument)."""

from __future__ import annotations


class BertqaError(Exception):
    """Base of the package's own errors."""


class EngineError(BertqaError, RuntimeError):
    """ONNX Runtime refused a call.

    Attributes
    ----------
    code : str
        The runtime's error code by name, such as ``"INVALID_ARGUMENT"``.
    call : str
        The entry of the runtime's C API that failed.
    """

    def __init__(self, message: str, code: str = "FAIL", call: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.call = call


class RuntimeLoadError(BertqaError, RuntimeError):
    """The ONNX Runtime library is missing, cannot be loaded, is too old, or there are two of them."""


class DeviceUnavailableError(BertqaError, RuntimeError):
    """The device that was asked for is not there; the message says what to do."""


class ExportError(BertqaError, RuntimeError):
    """An exported model is damaged, half written, or does not match its manifest."""


class ConvergenceWarning(UserWarning):
    """An adaptive integral has spent its nodes and not reached its tolerance; the message says what to do."""
