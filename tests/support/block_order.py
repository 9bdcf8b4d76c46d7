"""A `BlockMap` whose blocks are done elsewhere and in another order, without another process."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import Any

__all__ = ["Backwards"]


class Backwards:
    """Everything is pickled as for another process, the last block is done first; given in order.

    `handed` counts the blocks, so that a test can say that there were several.
    """

    def __init__(self) -> None:
        self.handed = 0

    def map(self, function: Callable[[Any], Any], blocks: Iterable[Any]) -> Iterator[Any]:
        """Yield `function(block)` of each block, in the order of the blocks."""
        tasks = [pickle.dumps((function, block)) for block in blocks]
        self.handed += len(tasks)
        done = []
        for task in reversed(tasks):
            work, block = pickle.loads(task)  # noqa: S301  made in this test
            done.append(pickle.loads(pickle.dumps(work(block))))  # noqa: S301
        return reversed(done)
