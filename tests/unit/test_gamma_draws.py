"""Gamma draws against their distribution function, and against a loop over single draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spatial.errors import StatisticsError
from spatial.gamma_draws import GammaBase, gamma_base, standard_gamma


@pytest.mark.parametrize("shape", [0.05, 0.4, 0.999, 1.0, 1.5, 4.0, 60.0, 5_000.0])
def test_draws_have_their_distribution(shape: float) -> None:
    """Kolmogorov and Smirnov's distance, with columns of another shape beside."""
    rng = np.random.default_rng(4)
    shapes = np.where(np.arange(600) % 2 == 0, shape, 2.5)
    drawn = standard_gamma(shapes, gamma_base(100, 600, rng), rng)
    for own in (shape, 2.5):
        values = drawn[:, shapes == own].ravel()
        assert stats.kstest(values, stats.gamma(own).cdf).pvalue > 1e-3
        assert abs(values.mean() - own) < 5 * np.sqrt(own / values.size)


def test_other_shapes_on_one_base_have_their_own_distribution() -> None:
    """The base is used again and again: what is kept of it must not depend on the shapes."""
    rng = np.random.default_rng(11)
    base = gamma_base(200, 300, rng)
    for shape in (0.3, 1.0, 7.0):
        values = standard_gamma(np.full(300, shape), base, rng).ravel()
        assert stats.kstest(values, stats.gamma(shape).cdf).pvalue > 1e-3


def one_by_one(shape: np.ndarray, base: GammaBase, rng: np.random.Generator) -> np.ndarray:
    """Marsaglia and Tsang's figure, a draw at a time, on the same numbers in the same order."""
    draws, n = base.normal.shape
    log_uniform = dict(zip(base.unsure.tolist(), base.log_uniform.tolist(), strict=True))
    out = np.full(draws * n, np.nan)
    waiting = []
    for at, x in enumerate(base.normal.ravel().tolist()):
        d = shape[at % n] - 1 / 3
        v = (1 + x / np.sqrt(9 * d)) ** 3
        if at not in log_uniform or (
            v > 0 and log_uniform[at] < 0.5 * x * x + d - d * v + d * np.log(v)
        ):
            out[at] = d * v
        else:
            waiting.append(at)
    while waiting:
        normal, uniform = rng.standard_normal(len(waiting)), rng.random(len(waiting))
        still = []
        for at, x, u in zip(waiting, normal.tolist(), uniform.tolist(), strict=True):
            d = shape[at % n] - 1 / 3
            v = (1 + x / np.sqrt(9 * d)) ** 3
            if v > 0 and np.log(1 - u) < 0.5 * x * x + d - d * v + d * np.log(v):
                out[at] = d * v
            else:
                still.append(at)
        waiting = still
    return out.reshape(draws, n)


def test_draws_are_those_of_the_method_one_by_one() -> None:
    rng = np.random.default_rng(2)
    shape = 1.0 + rng.random(40) ** 3 * 30
    base = gamma_base(50, 40, rng)
    state = rng.bit_generator.state
    drawn = standard_gamma(shape, base, rng)
    rng.bit_generator.state = state
    np.testing.assert_allclose(drawn, one_by_one(shape, base, rng), rtol=1e-12)


def test_what_is_sure_is_accepted_at_every_shape() -> None:
    """The squeeze must never accept what the condition refuses."""
    base = gamma_base(400, 300, np.random.default_rng(1))
    normal = base.normal.ravel()
    sure = np.ones(normal.size, dtype=bool)
    sure[base.unsure] = False
    # The largest uniform number that the squeeze lets through for each of these.
    log_uniform, x = np.log(1 - 0.0331 * normal[sure] ** 4), normal[sure]
    for shape in (1.0, 1.3, 2.0, 10.0, 1e4):
        d = shape - 1 / 3
        v = (1 + x / np.sqrt(9 * d)) ** 3
        assert v.min() > 0
        rounding = 16 * np.finfo(float).eps * d  # terms of size d cancel
        assert (log_uniform <= 0.5 * x * x + d - d * v + d * np.log(v) + rounding).all()
    assert 0.07 < base.unsure.size / normal.size < 0.09


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=8), st.integers(0, 2**31))
def test_draws_are_positive_and_the_seed_decides(shapes: list[float], seed: int) -> None:
    shape = np.array(shapes)
    base = gamma_base(6, shape.size, np.random.default_rng(seed))
    first = standard_gamma(shape, base, np.random.default_rng(seed + 1))
    again = standard_gamma(shape, base, np.random.default_rng(seed + 1))
    assert (first >= 0).all()
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_a_shape_that_is_none_is_refused(value: float) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(StatisticsError, match="shape: position 1 is"):
        standard_gamma(np.array([1.0, value]), gamma_base(2, 2, rng), rng)
    with pytest.raises(StatisticsError, match="3 values for 2 columns"):
        standard_gamma(np.ones(3), gamma_base(2, 2, rng), rng)
    with pytest.raises(StatisticsError, match="draws: 0"):
        gamma_base(0, 2, rng)
