"""Work in blocks: `map(function, blocks)` here, or in other processes, with equal results.

What is divided (files, blocks of draws) is fixed by the work and never by the number of workers,
each block draws from its own seed, and results come back in order. So one worker and many give
the same bits. A cluster engine needs nothing but a `map` of this form.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Final, Protocol, TypeVar

from threadpoolctl import threadpool_limits

from spatial.errors import HotspotsError, StatisticsError

__all__ = ["SERIAL", "BlockMap", "Pool", "Serial", "WorkerError", "block_map"]

Block = TypeVar("Block")
Result = TypeVar("Result")

_SHARES: Final = 4  # of the blocks, for each worker: a slow block then holds up few others


class WorkerError(HotspotsError):
    """A worker process ended before its work did."""

    exit_code = 1


class BlockMap(Protocol):
    """Where blocks are computed."""

    def map(self, function: Callable[[Block], Result], blocks: Iterable[Block]) -> Iterator[Result]:
        """Yield `function(block)` of each block, in the order of the blocks."""
        ...


class Serial:
    """Computes each block here, when its result is asked for."""

    def map(self, function: Callable[[Block], Result], blocks: Iterable[Block]) -> Iterator[Result]:
        """Yield `function(block)` of each block, in order."""
        return map(function, blocks)


SERIAL: Final = Serial()


class Pool:
    """Computes blocks in processes of their own, started when there is first something to do.

    Processes are spawned, not forked: they start empty on every platform. So `function`, blocks
    and results have to be picklable: a function of a module, or a `functools.partial` of one.

    Parameters
    ----------
    workers
        Number of processes, 1 or more.
    """

    def __init__(self, workers: int) -> None:
        self._workers = _checked(workers)
        self._executor: ProcessPoolExecutor | None = None

    def map(self, function: Callable[[Block], Result], blocks: Iterable[Block]) -> Iterator[Result]:
        """Yield `function(block)` of each block, in order.

        Raises
        ------
        WorkerError
            Where a process was killed, as by a lack of memory.
        """
        tasks = list(blocks)
        if len(tasks) < 2:
            yield from map(function, tasks)
            return
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self._workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_one_thread,
            )
        share = max(1, len(tasks) // (_SHARES * self._workers))
        try:
            yield from self._executor.map(function, tasks, chunksize=share)
        except BrokenProcessPool as problem:
            raise WorkerError(
                "a worker process ended before its work did: too little memory, or started from "
                "a script without `if __name__ == '__main__'`; use one worker"
            ) from problem

    def close(self) -> None:
        """End the processes; blocks that have not begun are given up."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None


@contextmanager
def block_map(workers: int = 1) -> Iterator[BlockMap]:
    """Give a `BlockMap` of this many workers, and end its processes afterwards.

    Raises
    ------
    StatisticsError
        For a number of workers below 1.
    """
    if _checked(workers) == 1:
        yield SERIAL
        return
    pool = Pool(workers)
    try:
        yield pool
    finally:
        pool.close()


def _checked(workers: int) -> int:
    if workers < 1:
        raise StatisticsError(f"workers: {workers} is below 1")
    return workers


def _one_thread() -> None:
    """Use one thread a process: more would compete with the other workers."""
    threadpool_limits(limits=1)
