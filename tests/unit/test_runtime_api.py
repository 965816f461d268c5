"""Our own declaration of the C API: every entry is pinned to its slot, and used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HEADER = "csrc/runtime/ort_api.hpp"


@pytest.fixture(scope="module")
def header(root: Path) -> str:
    return (root / HEADER).read_text()


def table(header: str) -> list[str]:
    """Names of the entries in the order of the table, None for each slot that is skipped."""
    body = header[header.index("struct Api {") :]
    body = body[: body.index("};")]
    slots: list[str] = []
    for name, skipped in re.findall(r"\(\*(\w+)\)\(|skipped_\d+\[(\d+)\]", body):
        slots += [name] if name else [""] * int(skipped)
    return slots


def test_gaps_are_named_by_the_slot_they_start_at(header: str) -> None:
    slot = 0
    body = header[header.index("struct Api {") :]
    body = body[: body.index("};")]
    for name, start, length in re.findall(r"\(\*(\w+)\)\(|skipped_(\d+)\[(\d+)\]", body):
        if not name:
            assert int(start) == slot
        slot += 1 if name else int(length)


def test_every_entry_is_pinned_to_its_slot(header: str) -> None:
    pins = {name: int(slot) for name, slot in re.findall(r"BERTQA_PIN\((\w+), (\d+)\)", header)}
    assert pins == {name: slot for slot, name in enumerate(table(header)) if name}
    assert len(pins) > 50


def test_every_entry_is_used(header: str, root: Path) -> None:
    """Nothing is declared that no code calls; the runtime's tests run all of that code."""
    sources = [path for path in (root / "csrc").rglob("*.?pp") if path != root / HEADER]
    text = "\n".join(path.read_text() for path in sources)
    used = set(re.findall(r"(?:\bapi_?\.|\bapi\(\)\.|\bapi_?->|\bApi::)(\w+)", text))
    assert {name for name in table(header) if name} <= used
