"""Random models of every family, at odd sizes, made once each."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import bertqa_fast as bf


@dataclass(frozen=True)
class FamilyModel:
    """A random model: its folder, and when asked for, in float64 and open in the engine."""

    folder: Path
    cache: Path
    task: str

    @cached_property
    def exact(self) -> Any:
        """The same in float64."""
        from bertqa_fast.graphs.reference import Float64Classifier, Float64Reader

        reads = self.task == "question-answering"
        return (Float64Reader if reads else Float64Classifier)(self.folder)

    @cached_property
    def model(self) -> bf.Model:
        """The model in the engine."""
        return bf.load(self.folder, cache_dir=self.cache)


@pytest.fixture(scope="session")
def random_family(root: Path) -> ModuleType:
    """Import ``benchmarks/random_family.py``."""
    spec = importlib.util.spec_from_file_location("random_family", root / "benchmarks" / "random_family.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def family_model(
    random_family: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., FamilyModel]:
    """Make random models: ``family_model("roberta", "question-answering", **options)``."""
    pytest.importorskip("torch").set_num_threads(1)
    cache = tmp_path_factory.mktemp("exports")
    made: dict[Any, FamilyModel] = {}

    def make(family: str, task: str, **options: Any) -> FamilyModel:
        key = (family, task, *sorted(options.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp(family)
            random_family.write_model(folder, family, task, **options)
            made[key] = FamilyModel(folder, cache, task)
        return made[key]

    return make
