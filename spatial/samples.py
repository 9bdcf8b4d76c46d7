"""Ordered samples without replacement, the draws of the permutation null. Arrays in, arrays out."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError

__all__ = [
    "PERMUTATION_STAGE",
    "SampleArray",
    "block_count",
    "ordered_samples",
    "sample_block",
]

SampleArray = npt.NDArray[np.unsignedinteger | np.signedinteger]

PERMUTATION_STAGE = 501
"""First part of the spawn key of these draws, so that no other stage shares their stream."""

_BLOCK = 16_384
"""Draws made from one generator. Part of the result: another size gives other draws."""

_KEPT_BYTES = 4_000_000
"""Draws up to this size are kept: those of 463 areas, 99,999 draws. Another map or weight on the
same areas meets the same draws, and drawing them takes longest."""

_KEPT_BLOCKS = 56
"""Blocks kept: those of eight such requests, as a published seed and five further ones make."""

_LONG = 200
"""Samples longer than the root of this many n are drawn by shuffling all n: measured break-even."""


def block_count(permutations: int) -> int:
    """Return into how many blocks so many permutations are divided."""
    return -(-permutations // _BLOCK)


def sample_block(
    n: int, size: int, permutations: int, seed: int | np.random.SeedSequence, block: int
) -> SampleArray:
    """Draw one block of ordered samples of `size` out of n areas without replacement.

    Returns
    -------
    numpy.ndarray
        Shape (size, draws in this block), each column a draw; 16,384 draws a block but the last.
        It may be kept for the next who asks, and is not to be written to.
    """
    draws = min(_BLOCK, permutations - block * _BLOCK)
    own = _block_seed(seed, block)
    if _width(n).itemsize * size * permutations > _KEPT_BYTES:
        return ordered_samples(n, size, draws, np.random.default_rng(own))
    entropy = own.entropy
    if not isinstance(entropy, int | None):
        entropy = tuple(entropy)
    return _kept_block(n, size, draws, entropy, tuple(own.spawn_key))


def ordered_samples(n: int, size: int, draws: int, rng: np.random.Generator) -> SampleArray:
    """Draw ordered samples of `size` distinct numbers below n; shape (size, draws).

    A Fisher-Yates shuffle stopped after `size` steps, for all draws at once. Step c swaps position
    c with a random position at or after it. Instead of a table of n positions a draw, the swaps so
    far are followed backwards to find what stands there: about size^2 / 2 comparisons, with no
    rejection, so that `size` may be n. For long samples whole rows are shuffled instead.
    """
    if size * size > _LONG * n:
        step = max(1, 4_000_000 // n)  # whole rows of a few draws at a time, to bound memory
        parts = [
            rng.permuted(
                np.tile(np.arange(n, dtype=np.int32), (min(step, draws - done), 1)), axis=1
            )
            for done in range(0, draws, step)
        ]
        return np.concatenate([part[:, :size].T for part in parts], axis=1)
    swapped = _bounded(n, size, draws, rng)
    chosen = swapped.copy()
    # Short loops over long rows: what is made anew in each costs as much as what is done.
    swaps, numbers = list(swapped), list(np.arange(size, dtype=swapped.dtype))
    same = np.empty(draws, dtype=np.bool_)
    for c, position in enumerate(chosen):
        for earlier in range(c - 1, -1, -1):
            # Swap `earlier` moved what stood at position `earlier` to this one.
            np.equal(position, swaps[earlier], out=same)
            position[same] = numbers[earlier]
    return chosen


def _bounded(n: int, size: int, draws: int, rng: np.random.Generator) -> SampleArray:
    """Draw numbers from c to n - 1 for each column c < size, shape (size, draws).

    The numbers, and their order in the stream, are those of `rng.integers(c, n, size=draws,
    dtype=np.int32)` column by column: Lemire's (2019) multiplication of 32-bit words, without
    bias. Numbers are kept in two bytes where they suffice: that halves what is read by the
    comparisons that follow.
    """
    out = np.empty((size, draws), dtype=_width(n))
    words, product = np.empty(0, dtype=np.uint32), np.empty(draws, dtype=np.uint64)
    for c, row in enumerate(out):
        span = n - c
        if span == 1:
            row[:] = c  # no choice, and no word is spent on it
            continue
        words = _at_least(draws, words, rng)
        refused = 2**32 % span
        used, spent = words[:draws], draws
        if refused and (used * np.uint32(span)).min() < refused:
            while (taken := _accepted(words, span, refused)).size < draws:
                words = _at_least(words.size + draws - taken.size, words, rng)
            used, spent = words.take(taken[:draws]), int(taken[draws - 1]) + 1
        words = words[spent:]
        product[:] = used
        product *= np.uint64(span)
        product >>= np.uint64(32)
        row[:] = product
        np.add(row, row.dtype.type(c), out=row)
    return out


def _at_least(
    number: int, words: npt.NDArray[np.uint32], rng: np.random.Generator
) -> npt.NDArray[np.uint32]:
    """Return the words and, after them, as many more of the stream as make the number."""
    if words.size >= number:
        return words
    more = _words(number - words.size, rng)
    return np.concatenate([words, more]) if words.size else more


def _words(number: int, rng: np.random.Generator) -> npt.NDArray[np.uint32]:
    """Return 32-bit words of the stream in the order in which numpy spends them."""
    if isinstance(rng.bit_generator, np.random.MT19937):
        raise StatisticsError("rng: MT19937 has 32-bit words; use numpy.random.default_rng")
    raw = rng.bit_generator.random_raw(-(-number // 2))
    return np.asarray(raw, dtype="<u8").view("<u4")


def _accepted(words: npt.NDArray[np.uint32], span: int, refused: int) -> npt.NDArray[np.intp]:
    """Return where words stand that Lemire's method takes: the others would favour some numbers."""
    return np.asarray((words * np.uint32(span) >= refused).nonzero()[0])


def _width(n: int) -> np.dtype[np.uint16] | np.dtype[np.int32]:
    return np.dtype(np.uint16) if n <= np.iinfo(np.uint16).max else np.dtype(np.int32)


@lru_cache(maxsize=_KEPT_BLOCKS)
def _kept_block(
    n: int, size: int, draws: int, entropy: int | tuple[int, ...] | None, key: tuple[int, ...]
) -> SampleArray:
    """Draw once what the same request would draw again: the draws depend on nothing else."""
    rng = np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=key))
    sample = ordered_samples(n, size, draws, rng)
    sample.setflags(write=False)
    return sample


def _block_seed(seed: int | np.random.SeedSequence, block: int) -> np.random.SeedSequence:
    if isinstance(seed, np.random.SeedSequence):
        return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, block))
    return np.random.SeedSequence(seed, spawn_key=(PERMUTATION_STAGE, block))
