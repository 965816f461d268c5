"""Where a training run stands, on disk: whole or absent, and only taken up again by the same run."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bertqa_fast.storage import replace_folder

_PREFIX = "step-"
_BEST = "best-"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes
    ----------
    step : int
        Steps done.
    losses : list of float
        The loss of each.
    seconds : float
        Time they took.
    epochs : list of dict
        The scores of each epoch that has been scored.
    best : int or None
        The best of these, from 1.
    """

    step: int
    losses: list[float]
    seconds: float
    epochs: list[dict[str, Any]] = field(default_factory=list)
    best: int | None = None


class Checkpoints:
    """The checkpoints of one run.

    Parameters
    ----------
    folder : Path
        Holds them; made when needed.
    fingerprint : str
        What the run is made of; checkpoints of another fingerprint are refused.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._folder = folder
        self._fingerprint = fingerprint

    def save(self, progress: Progress, module: Any, optimizer: Any) -> None:
        """Write weights, optimizer and random state, and forget older checkpoints once that is done."""
        import torch
        from safetensors.torch import save_model

        def fill(part: Path) -> None:
            save_model(module, str(part / "model.safetensors"))
            randomness = {"cpu": torch.get_rng_state()}
            if _device(module).type == "cuda":
                randomness["cuda"] = torch.cuda.get_rng_state(_device(module))
            torch.save({"optimizer": optimizer.state_dict(), "randomness": randomness}, part / "optimizer.pt")
            state = {
                "fingerprint": self._fingerprint,
                "step": progress.step,
                "seconds": progress.seconds,
                "losses": progress.losses,
                "epochs": progress.epochs,
                "best": progress.best,
            }
            (part / "state.json").write_text(json.dumps(state))

        self._folder.mkdir(parents=True, exist_ok=True)
        new = self._folder / f"{_PREFIX}{progress.step:08d}"
        replace_folder(new, fill)
        for old in self._all():
            if old != new:
                shutil.rmtree(old)
        for old in self._folder.glob(f"{_BEST}*"):
            # Not sooner: until now a checkpoint spoke of it.
            if progress.best is None or old != self._best(progress.best):
                shutil.rmtree(old)

    def save_best(self, epoch: int, module: Any) -> None:
        """Write the weights of an epoch that is the best so far."""
        from safetensors.torch import save_model

        self._folder.mkdir(parents=True, exist_ok=True)
        replace_folder(self._best(epoch), lambda part: save_model(module, str(part / "model.safetensors")))

    def load_best(self, epoch: int, module: Any) -> None:
        """Put the module's weights back to those of the best epoch."""
        from safetensors.torch import load_model

        load_model(module, str(self._best(epoch) / "model.safetensors"), device=str(_device(module)))

    def load(self, module: Any, optimizer: Any) -> Progress | None:
        """Put module, optimizer and random state back to the newest checkpoint; None where there is none.

        Raises
        ------
        ValueError
            The checkpoint is of another run, or damaged.
        """
        import torch
        from safetensors.torch import load_model

        found = self._all()
        if not found:
            return None
        newest = found[-1]
        try:
            state = json.loads((newest / "state.json").read_text())
            fingerprint = state["fingerprint"]
            if fingerprint == self._fingerprint:
                best = state["best"]
                if best is not None and not self._best(best).is_dir():
                    raise FileNotFoundError(f"there is no {self._best(best).name}")
                load_model(module, str(newest / "model.safetensors"), device=str(_device(module)))
                kept = torch.load(newest / "optimizer.pt", map_location="cpu", weights_only=True)
                optimizer.load_state_dict(kept["optimizer"])
                torch.set_rng_state(kept["randomness"]["cpu"])
                if _device(module).type == "cuda":
                    torch.cuda.set_rng_state(kept["randomness"]["cuda"], _device(module))
                return Progress(state["step"], state["losses"], state["seconds"], state["epochs"], best)
        except Exception as error:
            raise ValueError(
                f"resume: the checkpoint {newest} is damaged ({error}); resume=False starts anew"
            ) from error
        raise ValueError(
            f"resume: the checkpoint {newest} is of a run with other settings, data or weights; "
            "go on with those, or start anew with resume=False"
        )

    def clear(self) -> None:
        """Remove all checkpoints."""
        if self._folder.exists():
            shutil.rmtree(self._folder)

    def _best(self, epoch: int) -> Path:
        return self._folder / f"{_BEST}{epoch:04d}"

    def _all(self) -> list[Path]:
        return sorted(self._folder.glob(f"{_PREFIX}*")) if self._folder.exists() else []


def _device(module: Any) -> Any:
    return next(module.parameters()).device
