"""How long the stages of a run took, for its manifest."""

from __future__ import annotations

import time

__all__ = ["Clock"]

_DECIMALS = 3


class Clock:
    """Seconds by stage, in `laps`: each from the end of the one before it."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage and begin the next."""
        now = time.perf_counter()
        self.laps[stage] = round(now - self._since, _DECIMALS)
        self._since = now
