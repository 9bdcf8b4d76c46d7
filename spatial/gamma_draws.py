"""Gamma draws from normal ones that can be kept. Arrays in, arrays out.

Marsaglia and Tsang (2000), "A simple method for generating gamma variables": with d = a - 1/3 and
c = 1 / sqrt(9 d), d (1 + c x)^3 of a standard normal x is kept where log u < x^2 / 2 + d - d v +
d log v, v = (1 + c x)^3, and is then a draw of shape a, 1 or more. Neither x nor u depends on a. So
they are drawn once for any number of shapes: what is left for a shape is arithmetic, a quarter of
the time, and two sets of shapes are compared on the same chance. Only where u is not below
1 - .0331 x^4, one draw in twelve, is the condition looked at.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spatial.errors import StatisticsError

__all__ = ["GammaBase", "gamma_base", "standard_gamma"]

FloatArray = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]


class GammaBase(NamedTuple):
    """What the draws of any shapes begin from.

    Attributes
    ----------
    normal
        Standard normal numbers, shape (draws, n).
    unsure
        Where, in `normal` laid flat, a draw may be refused.
    column, half_square
        Of each of these, its column and half the square of its normal number.
    log_uniform
        The logarithm of a uniform number for each of them.
    """

    normal: FloatArray
    unsure: Positions
    column: Positions
    half_square: FloatArray
    log_uniform: FloatArray


def gamma_base(draws: int, n: int, rng: np.random.Generator) -> GammaBase:
    """Draw what `standard_gamma` needs for n shapes, so many times each.

    Raises
    ------
    StatisticsError
        Where draws is below 1.
    """
    if draws < 1:
        raise StatisticsError(f"draws: {draws} is below 1")
    normal = rng.standard_normal((draws, n))
    uniform = 1.0 - rng.random(draws * n)  # never 0
    squeeze = normal.ravel() ** 2
    squeeze *= squeeze
    squeeze *= -0.0331
    squeeze += 1.0
    unsure = (uniform >= squeeze).nonzero()[0]
    log_uniform = np.log(uniform.take(unsure))
    base = GammaBase(
        normal, unsure, unsure % n, _half_square(normal.ravel().take(unsure)), log_uniform
    )
    for array in base:
        array.setflags(write=False)
    return base


def standard_gamma(shape: FloatArray, base: GammaBase, rng: np.random.Generator) -> FloatArray:
    """Return gamma draws of scale 1, shape (draws, n).

    Parameters
    ----------
    shape
        The shape of each column, shape (n,), above 0.
    base
        From `gamma_base`.
    rng
        For what is drawn again where a draw was refused (5 % at shape 1, fewer above), and for
        shapes below 1: a draw of shape a + 1 times u^(1/a).

    Raises
    ------
    StatisticsError
        Where a shape is not above 0, naming its position, or does not fit the base.
    """
    n = base.normal.shape[1]
    if shape.shape != (n,):
        raise StatisticsError(f"shape: {shape.size} values for {n} columns of draws")
    bad = (~(np.isfinite(shape) & (shape > 0.0))).nonzero()[0]
    if bad.size:
        raise StatisticsError(f"shape: position {bad[0]} is {shape[bad[0]]}; it must be above 0")
    low = (shape < 1.0).nonzero()[0]
    d = np.where(shape < 1.0, shape + 1.0, shape) - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    root = base.normal * c
    root += 1.0
    drawn = root * root
    drawn *= root
    flat = drawn.reshape(-1)
    again = base.unsure
    held = _accepted(base.half_square, flat.take(again), d.take(base.column), base.log_uniform)
    drawn *= d
    again = again[~held]
    while again.size:
        normal, log_uniform = rng.standard_normal(again.size), np.log(1.0 - rng.random(again.size))
        own = again % n
        cube = (1.0 + c.take(own) * normal) ** 3
        held = _accepted(_half_square(normal), cube, d.take(own), log_uniform)
        flat[again[held]] = (d.take(own) * cube)[held]
        again = again[~held]
    if low.size:
        drawn[:, low] *= (1.0 - rng.random((len(drawn), low.size))) ** (1.0 / shape[low])
    return drawn


def _half_square(normal: FloatArray) -> FloatArray:
    return 0.5 * normal * normal


def _accepted(
    half_square: FloatArray, cube: FloatArray, d: FloatArray, log_uniform: FloatArray
) -> npt.NDArray[np.bool_]:
    """Tell which draws are kept. A cube at or below 0 belongs to no gamma draw."""
    # There the logarithm of the least number, -708, refuses it whatever the other terms are.
    log = np.log(np.maximum(cube, np.finfo(np.float64).tiny))
    log += 1.0 - cube
    log *= d
    log += half_square
    accepted: npt.NDArray[np.bool_] = log_uniform < log
    return accepted
