"""How much memory this process may still take."""

from __future__ import annotations

from pathlib import Path

SHARE = 4  # batches may take a quarter of what is free
FALLBACK = 512 << 20  # where the system does not say


def default_budget(root: Path = Path("/")) -> int:
    """Return the activation budget in bytes where nobody names one: a quarter of the free memory.

    Free is what the kernel could give without swapping (``MemAvailable``), or less where a control group's
    limit leaves less. ``root`` is where ``/proc`` and ``/sys`` are looked for.
    """
    free = [found for found in (_available(root), *_left_in_groups(root)) if found is not None]
    return max(1 << 20, min(free) // SHARE) if free else FALLBACK


def _available(root: Path) -> int | None:
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


# Mount point, limit and use: of version 2 of control groups, and of version 1.
_UNIFIED = ("sys/fs/cgroup", "memory.max", "memory.current")
_LEGACY = ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes")


def _left_in_groups(root: Path) -> list[int | None]:
    """Look at the process's own group and all above it."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    found: list[int | None] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        below, limit, used = _LEGACY if controllers else _UNIFIED
        # In a container the path may name a group that only the host sees; the mount point is then our own.
        folder = Path(path.lstrip("/"))
        for group in (folder, *folder.parents):
            found.append(_left(root / below / group / limit, root / below / group / used))
    return found


def _left(limit: Path, used: Path) -> int | None:
    try:
        return max(0, int(limit.read_text()) - int(used.read_text()))
    except (OSError, ValueError):  # "max": no limit
        return None
