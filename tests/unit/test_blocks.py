"""The map over blocks: order, equality of one worker and several, and what a dead worker says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from spatial.blocks import SERIAL, BlockMap, Pool, WorkerError, block_map
from spatial.errors import StatisticsError

# The number of the process it runs in; a function of this file could not be sent to another.
PROCESS = partial(eval, "__import__('os').getpid()")


@pytest.fixture(scope="module")
def two() -> Iterator[BlockMap]:
    with block_map(2) as blocks:
        yield blocks


def test_one_worker_is_no_process() -> None:
    with block_map(1) as blocks:
        assert blocks is SERIAL
        assert list(blocks.map(lambda block: (block, os.getpid()), "ba")) == [
            ("b", os.getpid()),
            ("a", os.getpid()),
        ]


def test_two_workers_keep_the_order_and_the_bits(two: BlockMap) -> None:
    numbers = [0.1 * 3**power for power in range(-20, 21)]
    assert list(two.map(np.log1p, numbers)) == list(SERIAL.map(np.log1p, numbers))


def test_blocks_are_computed_elsewhere(two: BlockMap) -> None:
    found = set(two.map(PROCESS, [{}] * 8))
    assert os.getpid() not in found
    assert 1 <= len(found) <= 2


def test_nothing_to_do_starts_nothing() -> None:
    pool = Pool(2)
    assert list(pool.map(PROCESS, [])) == []
    assert list(pool.map(PROCESS, [{}])) == [os.getpid()]
    assert pool._executor is None
    pool.close()


def test_an_error_of_a_block_comes_back_as_it_is(two: BlockMap) -> None:
    with pytest.raises(ZeroDivisionError):
        list(two.map(partial(divmod, 1), [1, 0, 2]))


def test_a_worker_that_dies_is_named_with_the_way_out() -> None:
    with block_map(2) as blocks, pytest.raises(WorkerError, match="use one worker"):
        list(blocks.map(os._exit, [3, 3]))


@pytest.mark.parametrize("workers", [0, -1])
def test_no_worker_is_refused(workers: int) -> None:
    with (
        pytest.raises(StatisticsError, match=f"workers: {workers} is below 1"),
        block_map(workers),
    ):
        pass
