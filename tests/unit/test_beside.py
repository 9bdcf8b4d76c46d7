"""The process beside this one: where jobs are done, in which order, and what its death says."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from copy import copy
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

import model_case as CASE
from spatial.beside import HERE, Alternately, Beside, Helper, beside, processors
from spatial.blocks import WorkerError
from spatial.errors import ConfigError, Fault, Faults

# The number of the process it runs in; a function of this file could not be sent to another.
PROCESS = partial(eval, "__import__('os').getpid()")
UNTIL = partial(
    exec,
    "import os, time\n"
    "while not os.path.exists(name):\n"
    "    left -= 1\n"
    "    assert left, 'nobody made the file'\n"
    "    time.sleep(0.01)\n",
)


@pytest.fixture(scope="module")
def helper() -> Iterator[Beside]:
    with beside([os.getpid]) as place:
        yield place


def test_without_preparation_there_is_no_process() -> None:
    with beside(None) as place:
        assert place is HERE
        assert place.begin(lambda job: (job, os.getpid()), 1)() == (1, os.getpid())


def test_a_job_here_is_done_when_it_is_asked_for() -> None:
    done: list[int] = []
    answer = HERE.begin(done.append, 1)
    assert done == []
    answer()
    assert done == [1]


def test_jobs_are_done_in_one_other_process(helper: Beside) -> None:
    answers = [helper.begin(PROCESS, {}) for _ in range(3)]
    found = {answer() for answer in answers}
    assert len(found) == 1
    assert os.getpid() not in found


def test_answers_have_the_same_bits_whatever_order_they_are_asked_in(helper: Beside) -> None:
    numbers = [0.1 * 3**power for power in range(-20, 21)]
    there = [helper.begin(np.log1p, number) for number in numbers]
    backwards = [answer() for answer in reversed(there)]
    assert backwards[::-1] == [HERE.begin(np.log1p, number)() for number in numbers]


def test_a_job_larger_than_a_pipe_does_not_hold_this_process_up(
    helper: Beside, tmp_path: Path
) -> None:
    held = helper.begin(UNTIL, {"name": str(tmp_path / "begun"), "left": 2_000})
    large = helper.begin(len, bytes(1 << 24))
    (tmp_path / "begun").touch()
    held()  # would have given up had the second job not been begun before it was done
    assert large() == 1 << 24


def test_an_error_comes_back_as_it_is_and_the_next_job_is_done(helper: Beside) -> None:
    failing = helper.begin(partial(divmod, 1), 0)
    after = helper.begin(partial(divmod, 7), 2)
    with pytest.raises(ZeroDivisionError):
        failing()
    assert after() == (3, 1)


def test_faults_travel_between_processes_whole(helper: Beside) -> None:
    faults = Faults()
    faults.add("is bad", file="a.csv", line=3, field="n")
    faults.add("is worse")
    with pytest.raises(ConfigError) as caught:
        faults.raise_if_any(ConfigError)
    kept = helper.begin(partial(getattr, caught.value), "faults")()
    assert kept == (Fault("is bad", "a.csv", 3, "n"), Fault("is worse"))


def test_a_process_that_dies_is_named_with_the_way_out() -> None:
    with beside([os.getpid]) as place:
        dying, waiting = place.begin(os._exit, 3), place.begin(PROCESS, {})
        for answer in (dying, waiting):
            with pytest.raises(WorkerError, match="use one worker"):
                answer()


def test_a_process_that_cannot_prepare_is_named_too() -> None:
    def ask_for_ever(place: Beside) -> None:
        while True:  # it prepares as soon as no job waits
            place.begin(len, "")()

    with beside([partial(os._exit, 3)]) as place, pytest.raises(WorkerError, match="too little"):
        ask_for_ever(place)


def test_what_the_process_still_does_is_not_waited_for() -> None:
    helper = Helper([])
    number = helper.begin(PROCESS, {})()
    unasked = helper.begin(time.sleep, 600.0)
    helper.close()
    with pytest.raises(WorkerError):
        unasked()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


class Told:
    """A connection that tells when something has been sent."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.sent = connection, threading.Event()

    def send(self, what: object) -> None:
        self.connection.send(what)
        self.sent.set()

    def recv(self) -> object:
        return self.connection.recv()

    def close(self) -> None:
        self.connection.close()


def test_a_job_is_not_kept_waiting_by_what_later_ones_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, log = tmp_path / "go", tmp_path / "log"
    write = "open(name, 'a').write(word)"
    steps = [
        partial(UNTIL, {"name": str(go), "left": 60_000}),
        partial(partial(exec, write), {"name": str(log), "word": "prepared "}),
    ]
    with beside(steps) as place:
        told = Told(place._connection)
        monkeypatch.setattr(place, "_connection", told)
        answer = place.begin(partial(exec, write), {"name": str(log), "word": "job "})
        assert told.sent.wait(60)
        go.touch()
        answer()
        # The process has one thread: who is answered after the step finds it done.
        while log.read_text() == "job ":
            place.begin(len, "")()
    assert log.read_text() == "job prepared "


def test_at_least_one_processor_is_counted() -> None:
    assert 1 <= processors() <= (os.cpu_count() or 1)


def test_harm_weights_travel_and_stay_read_only(helper: Beside) -> None:
    again = helper.begin(copy, CASE.HARM.scaled("robbery", 2.0))()
    assert again == CASE.HARM.scaled("robbery", 2.0)
    assert isinstance(again.weights, MappingProxyType)


def test_every_second_block_is_computed_beside_this_process(helper: Beside) -> None:
    assert list(Alternately(helper).map(PROCESS, [{} for _ in range(5)])) == [
        os.getpid() if at % 2 == 0 else helper.begin(PROCESS, {})() for at in range(5)
    ]


@pytest.mark.parametrize("blocks", range(6))
def test_blocks_come_back_in_their_order(helper: Beside, blocks: int) -> None:
    wanted = [np.sqrt(number).hex() for number in range(blocks)]
    root = partial(eval, "__import__('numpy').sqrt(number).hex()")
    for place in (helper, HERE):
        given = ({"number": number} for number in range(blocks))
        assert list(Alternately(place).map(root, given)) == wanted


def test_a_block_that_fails_beside_this_process_fails_here(helper: Beside) -> None:
    divide = partial(eval, "1 // number")
    with pytest.raises(ZeroDivisionError):
        list(Alternately(helper).map(divide, [{"number": 1}, {"number": 0}]))
