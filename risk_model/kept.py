"""Answers of pure functions, remembered by what they were asked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Kept", "bits"]

Answer = TypeVar("Answer")


class Kept(Generic[Answer]):
    """The latest `most` answers. The work is done again where one is gone: nothing depends on it.

    Answers are shared between callers, who must not write to them: arrays refuse it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = Lock()

    def get(self, asked: Hashable, work: Callable[[], Answer]) -> Answer:
        """Return the answer to `asked`, from an earlier call or from `work`."""
        with self._lock:
            if asked in self._answers:
                self._answers.move_to_end(asked)
                return self._answers[asked]
        answer = work()
        if isinstance(answer, np.ndarray):
            answer.setflags(write=False)
        with self._lock:
            self._answers[asked] = answer
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer


def bits(*arrays: NDArray[Any] | None) -> tuple[tuple[tuple[int, ...], str, bytes] | None, ...]:
    """Return what tells arrays apart to the last bit: shape, type and bytes."""
    return tuple(
        None if array is None else (array.shape, array.dtype.str, array.tobytes())
        for array in arrays
    )
