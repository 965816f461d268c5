"""How many examples to take at once, so that a part is closed in time."""

from __future__ import annotations

MAX_EXAMPLES = 16
MAX_SECONDS = 5.0


class Pace:
    """Reckons with the time that examples took so far; a part is 16 examples or 5 seconds of work.

    Attributes
    ----------
    examples : int
        In the part in hand.
    seconds : float
        Spent on it.
    """

    def __init__(self) -> None:
        self.examples = 0
        self.seconds = 0.0
        self._each: float | None = None

    def room(self) -> int:
        """Return how many examples to take next: as many as fit the part, at least one.

        The first is taken alone, to see how long one takes.
        """
        if self._each is None:
            return 1
        left = MAX_EXAMPLES - self.examples
        in_time = (MAX_SECONDS - self.seconds) / self._each if self._each > 0 else left
        return max(1, int(min(left, in_time)))

    def add(self, examples: int, seconds: float) -> None:
        """Count work that is done."""
        self.examples += examples
        self.seconds += seconds
        self._each = self.seconds / self.examples

    @property
    def full(self) -> bool:
        """Whether the part is to be closed."""
        return self.examples >= MAX_EXAMPLES or self.seconds >= MAX_SECONDS

    def reset(self) -> None:
        """Begin a new part; the estimate of one example's time stays."""
        self.examples = 0
        self.seconds = 0.0
