"""The data sets that there are: a new one is a new module with ``TASKS``, named in the tuple below."""

from __future__ import annotations

from bertqa_fast.tasks import class_metrics, cmrc_metrics, duorc, squad_metrics
from bertqa_fast.tasks.task import Task

_MODULES = (squad_metrics, duorc, cmrc_metrics, class_metrics)
TASKS: dict[str, Task] = {task.name: task for module in _MODULES for task in module.TASKS}


def get_task(name: str) -> Task:
    """Return a data set's rules.

    Raises
    ------
    ValueError
        There is no such data set; the message lists those that there are.
    """
    try:
        return TASKS[name]
    except (KeyError, TypeError):
        raise ValueError(f"task must be one of {', '.join(sorted(TASKS))}, got {name!r}") from None
