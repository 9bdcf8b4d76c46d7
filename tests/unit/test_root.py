"""Roots of rising functions: known ones and awkward ones."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.root import rising_root
from spatial.smoothing import fit_gamma_poisson


@pytest.mark.parametrize(
    ("function", "low", "high", "root"),
    [
        (lambda x: x**3 - 2.0, 0.0, 50.0, 2 ** (1 / 3)),
        (lambda x: math.expm1(x - 3.0), -40.0, 40.0, 3.0),
        (lambda x: math.atan(1e6 * (x - 0.25)), -30.0, 31.0, 0.25),
        (lambda x: 1e-300 * (x - 7.0), 0.0, 1e3, 7.0),
        (lambda x: x, 0.0, 5.0, 0.0),
        (lambda x: x - 5.0, 0.0, 5.0, 5.0),
        (lambda x: -1.0 if x < math.pi else 1.0, -8.0, 9.0, math.pi),
        (lambda x: (x - 1.0) ** 9, -3.0, 9.0, 1.0),
    ],
)
def test_known_roots(
    function: Callable[[float], float], low: float, high: float, root: float
) -> None:
    found = rising_root(function, low, high)
    assert low <= found <= high
    # Flat about its root, the ninth power is lost in rounding before x is.
    assert found == pytest.approx(root, rel=1e-12, abs=1e-12) or abs(function(found)) < 1e-30


@given(st.floats(-20, 20), st.floats(0.05, 8.0), st.floats(0.0, 3.0))
def test_the_answer_is_inside_and_near_the_root(root: float, steep: float, bend: float) -> None:
    def function(x: float) -> float:
        return math.sinh(steep * (x - root) / 4) + bend * (x - root)

    found = rising_root(function, -25.0, 25.0)
    assert found == pytest.approx(root, rel=1e-12, abs=1e-12)


def bisected(events: np.ndarray, expected: np.ndarray) -> float:
    """Alpha by the equations written out, halving until no number is left between."""

    def excess(alpha: float) -> float:
        m = (events / (expected + alpha)).sum() / (expected / (expected + alpha)).sum()
        theta = (events + m * alpha) / (expected + alpha)
        spread = ((1 + alpha / expected) * (theta - m) ** 2).sum() / (events.size - 1)
        return float(alpha * spread / m - 1.0)

    low, high = math.log(1e-9 * expected.min()), math.log(1e9 * expected.max())
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if excess(math.exp(middle)) < 0 else (low, middle)
    return math.exp(low)


def test_the_spread_of_risk_is_that_of_bisection() -> None:
    rng = np.random.default_rng(3)
    fitted = 0
    for n in (6, 40, 463):
        for nu in (0.4, 5.0, 60.0):
            expected = rng.gamma(2.0, 6.0, n) + 0.1
            events = rng.poisson(expected * rng.gamma(nu, 1 / nu, n)).astype(float)
            fit = fit_gamma_poisson(events, expected)
            if fit.spread:
                fitted += 1
                assert fit.alpha == pytest.approx(bisected(events, expected), rel=1e-11)
    assert fitted >= 7
