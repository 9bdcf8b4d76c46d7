"""A job beside this process: begun early in a second process, its answer asked for later.

The second process is started before there is anything to do, so that it imports what its jobs
need while this one reads. Jobs are done one after another, each by a pure function of its input:
an answer has the same bits here and there.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, Final, Protocol, TypeVar

from spatial.blocks import WorkerError

__all__ = [
    "HERE",
    "Alternately",
    "Beside",
    "Helper",
    "Here",
    "beside",
    "few_collections",
    "processors",
]

Job = TypeVar("Job")
Result = TypeVar("Result")


_ENDED: Final = (
    "the process beside this one ended before its work did: too little memory, or started from a "
    "script without `if __name__ == '__main__'`; use one worker"
)


class Beside(Protocol):
    """Where jobs are done whose answers are not needed at once."""

    def begin(self, function: Callable[[Job], Result], job: Job) -> Callable[[], Result]:
        """Return what gives `function(job)` when it is called; call it once."""
        ...


class Here:
    """Does each job in this process, when its answer is asked for."""

    def begin(self, function: Callable[[Job], Result], job: Job) -> Callable[[], Result]:
        """Return what gives `function(job)` when it is called."""
        return partial(function, job)


HERE: Final = Here()


class Helper:
    """Does jobs in one other process, in the order in which they were begun.

    It is spawned, not forked: it starts empty on every platform. So `function`, jobs and answers
    have to be picklable: a function of a module, or a `functools.partial` of one.

    Parameters
    ----------
    prepare
        Called there one after another while no job waits, with their imports as their use:
        functions of modules that are quick to import themselves.
    """

    def __init__(self, prepare: Sequence[Callable[[], object]]) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._connection, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_work, args=(theirs, tuple(prepare)), daemon=True)
        self._process.start()
        theirs.close()  # the process has its own: when it dies, ours says so
        # Sending waits until the process reads, which is after its imports: not in this thread.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="beside")

    def begin(self, function: Callable[[Job], Result], job: Job) -> Callable[[], Result]:
        """Return what waits for `function(job)` and gives it.

        An error of the function is raised there; `WorkerError` where the process has died, as by
        a lack of memory.
        """
        return partial(_given, self._thread.submit(self._ask, function, job))

    def _ask(self, function: Callable[[Job], Result], job: Job) -> Result:
        try:
            self._connection.send((function, job))
            answer, error = self._connection.recv()
        except (EOFError, OSError) as problem:
            raise WorkerError(_ENDED) from problem
        if error is not None:
            raise error
        result: Result = answer
        return result

    def close(self) -> None:
        """End the process at once, whatever it does: it holds nothing that outlives it."""
        self._process.terminate()
        self._process.join()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._connection.close()
        self._process.close()


class Alternately:
    """A `spatial.blocks.BlockMap` that has every second block computed in a `Beside`.

    This process computes the others meanwhile, and then asks for the answers.
    """

    def __init__(self, place: Beside) -> None:
        self._place = place

    def map(self, function: Callable[[Job], Result], blocks: Iterable[Job]) -> Iterator[Result]:
        """Yield `function(block)` of each block, in the order of the blocks."""
        tasks = list(blocks)
        there = [self._place.begin(function, task) for task in tasks[1::2]]
        here = [function(task) for task in tasks[::2]]
        for at in range(len(tasks)):
            yield there[at // 2]() if at % 2 else here[at // 2]


@contextmanager
def beside(prepare: Sequence[Callable[[], object]] | None) -> Iterator[Beside]:
    """Give a `Helper` that prepares itself with this, and end it afterwards; without, `HERE`."""
    if prepare is None:
        yield HERE
        return
    helper = Helper(prepare)
    try:
        yield helper
    finally:
        helper.close()


def processors() -> int:
    """Return the number of processors that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def few_collections() -> None:
    """Have this process look for unreachable cycles of objects after 100,000 new ones, not 700.

    For a process that ends with its work: imports and tables make millions of objects that stay,
    and would be searched again and again.
    """
    gc.set_threshold(100_000, 50, 100)


def _given(later: Future[Result]) -> Result:
    try:
        return later.result()
    except CancelledError:  # it had not been sent when the process was ended
        raise WorkerError(_ENDED) from None


def _work(connection: Connection, prepare: tuple[Callable[[], object], ...]) -> None:
    """Answer jobs until the other end is closed."""
    # Ctrl+C reaches both processes: the other one ends this one, in its own words.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    few_collections()
    steps = iter(prepare)
    while True:
        # A job that came meanwhile is not kept waiting by what only later ones need.
        while not connection.poll() and (step := next(steps, None)) is not None:
            step()
        try:
            function, job = connection.recv()
        except EOFError:
            return
        connection.send(_answer(function, job))


def _answer(function: Callable[[Any], object], job: object) -> tuple[object, Exception | None]:
    try:
        return function(job), None
    except Exception as error:  # noqa: BLE001 - it is raised again where the answer is asked for
        return None, error
