"""The back-test over forces: paired intervals, who takes part, and nothing learned from later."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import block_order as ORDER
import model_case as CASE
from risk_model.backtest_forces import ForcesBacktest, backtest_forces
from risk_model.model_data import ModelData

FORCES = ("east", "north", "south", "west")
SIZE = 32


def country(*, months: int = 3, **changes: object) -> tuple[ModelData, np.ndarray]:
    data = CASE.case(n=SIZE * len(FORCES) + 6, months=months, **changes)
    force_of = np.array([*np.repeat(FORCES, SIZE), *["tiny"] * 6])
    return data, force_of


def over_forces(data: ModelData, force_of: np.ndarray, **changes: object) -> ForcesBacktest:
    options: dict[str, object] = {"window": 2, "horizon": 1, "resamples": 400} | changes
    return backtest_forces(data, CASE.settings(), CASE.HARM, force_of=force_of, **options)  # type: ignore[arg-type]


def test_differences_are_paired_over_forces() -> None:
    data, force_of = country()
    found = over_forces(data, force_of)
    assert found.origin is not None
    assert (found.origin.at, found.origin.known) == ("2025-02", ("2025-01", "2025-02"))
    wide = found.forces[found.forces["share"] == 0.1].pivot_table(
        index="force", columns=["outcome", "method"], values="capture"
    )
    assert tuple(wide.index) == FORCES
    for one in found.comparisons:
        if one.by != "number":
            continue
        ours = wide[(one.outcome, one.method)].to_numpy()
        theirs = wide[(one.outcome, one.baseline)].to_numpy()
        test = stats.ttest_rel(ours, theirs)
        interval = test.confidence_interval(0.95)
        assert one.forces == 4
        assert one.difference == pytest.approx((ours - theirs).mean())
        assert (one.lo, one.hi) == pytest.approx((interval.low, interval.high))
        assert one.gain == pytest.approx(ours.mean() / theirs.mean() - 1)
        assert one.boot_lo <= one.difference <= one.boot_hi
        assert (ours - theirs).min() <= one.boot_lo <= one.boot_hi <= (ours - theirs).max()
    row = found.table.query("outcome == 'robbery' and method == 'all_crime' and by == 'number'")
    mean = float(row.loc[row["share"] == 0.1, "capture"].iloc[0])
    assert mean == pytest.approx(wide[("robbery", "all_crime")].mean())
    assert set(found.table["origins"]) == {4}


def test_forces_judged_in_another_order_give_the_same_bits() -> None:
    data, force_of = country()
    backwards = ORDER.Backwards()
    here, there = over_forces(data, force_of), over_forces(data, force_of, blocks=backwards)
    assert backwards.handed == 4
    pd.testing.assert_frame_equal(there.table, here.table, check_exact=True)
    pd.testing.assert_frame_equal(there.forces, here.forces, check_exact=True)
    pd.testing.assert_frame_equal(
        *(pd.DataFrame([asdict(one) for one in found.comparisons]) for found in (there, here)),
        check_exact=True,
    )
    assert there.notes == here.notes


def test_a_force_is_judged_by_itself() -> None:
    """What happens in one force moves no figure of another."""
    data, force_of = country()
    changed = data.counts.copy()
    changed[:SIZE] = changed[:SIZE] * 3 + 1
    one, two = over_forces(data, force_of), over_forces(replace(data, counts=changed), force_of)
    kept = one.forces["force"] != "east"
    assert one.forces[kept].equals(two.forces[kept])
    assert not one.forces[~kept].equals(two.forces[~kept])


def test_who_takes_no_part_and_why() -> None:
    covered = np.ones((SIZE * 4 + 6, 3), dtype=bool)
    covered[:SIZE, 2] = False
    covered[SIZE : 2 * SIZE, 0] = False
    data, force_of = country(covered=covered)
    found = over_forces(data, force_of)
    assert found.notes == (
        "east: a month after 2025-02 is not supplied",
        "north: a month up to 2025-02 is not supplied",
        "tiny: 6 areas, and 30 are needed",
    )
    assert set(found.forces["force"]) == {"south", "west"}


def test_a_month_that_nobody_supplied_sets_no_force_apart() -> None:
    covered = np.ones((SIZE * 4 + 6, 4), dtype=bool)
    covered[:, 1] = False
    data, force_of = country(months=4, covered=covered)
    found = over_forces(data, force_of, window=3)
    assert found.origin is not None
    assert found.origin.known == ("2025-01", "2025-02", "2025-03")
    assert set(found.forces["force"]) == set(FORCES)


def test_the_forecast_of_all_forces_sees_the_known_months_of_all_of_them() -> None:
    data, force_of = country()
    seen: list[tuple[tuple[str, ...], int]] = []

    def forecaster(past: ModelData, months: int) -> dict[str, np.ndarray]:
        seen.append((past.months, len(past.area_codes)))
        return {"robbery": np.arange(len(past.area_codes), dtype=float) + months}

    found = over_forces(data, force_of, forecaster=forecaster)
    assert seen == [
        (("2025-01", "2025-02"), SIZE * 4 + 6),
        *[(("2025-01", "2025-02"), SIZE)] * 4,
    ]
    robbery = {one.method for one in found.comparisons if one.outcome == "robbery"}
    assert {"forecast", "forecast_all_forces"} <= robbery


def test_one_month_is_stated() -> None:
    data, force_of = country(months=1)
    found = over_forces(data, force_of)
    assert found.origin is None
    assert found.table.empty
    assert found.notes == ("nothing to back-test: no month with data is followed by another",)
