"""Stated risks and ranks against known ones: what the measuring must show, and must notice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import block_order as ORDER
from risk_model import risk_calibration
from risk_model.kept import Kept
from risk_model.layers import small_area
from risk_model.risk_calibration import Claim, RiskCheck, check_risks
from spatial.blocks import block_map
from spatial.errors import StatisticsError
from spatial.smoothing import GammaPoisson, fit_gamma_poisson

SEED = np.random.SeedSequence(20261122)
PEOPLE = np.random.default_rng(8).integers(1_000, 3_001, 223).astype(float)
FEW: dict[str, Any] = {"maps": 5, "draws": 60}
SPARSE: dict[str, Any] = {"events_per_area": 3.0, "phi": 1.6, "alpha": 20.0}


def check(**change: Any) -> RiskCheck:
    return check_risks(PEOPLE, seed=SEED, **{"maps": 40, "draws": 100, **change})


@pytest.fixture(scope="module")
def dense() -> RiskCheck:
    return check(events_per_area=18.0, alpha=4.0)


def near(claim: Claim) -> bool:
    """Say whether what is stated is within four standard errors of what is true."""
    return abs(claim.stated - claim.true) < 4 * claim.standard_error


def test_dense_even_counts_mean_what_they_say(dense: RiskCheck) -> None:
    """At 18 events an area without bunches the model is the one that made the counts."""
    assert dense.flat.value == 0.0
    assert dense.phi_found < 1.05
    assert dense.interval.value == pytest.approx(0.95, abs=0.01)
    assert dense.ranks.value == pytest.approx(0.90, abs=0.02)
    for claim in (dense.likely, dense.strand, dense.listed, dense.above):
        assert claim.per_map > 5
        assert near(claim)
    assert dense.listed.per_map == 10


def test_dense_bunched_counts_mean_what_they_say_too() -> None:
    found = check(events_per_area=18.0, phi=1.6, alpha=4.0)
    assert 1.4 < found.phi_found < 1.7
    assert found.interval.value == pytest.approx(0.95, abs=0.01)
    assert near(found.strand)


def test_divided_sparse_bunched_counts_claim_less_and_err_less() -> None:
    """The fault that this is for: bunches taken for spread, so claims three times as often."""
    whole, divided = (check(**SPARSE, divided=divided) for divided in (False, True))
    assert whole.phi_found == divided.phi_found
    assert divided.error.value < 0.75 * whole.error.value
    assert divided.likely.per_map < 0.5 * whole.likely.per_map
    assert whole.likely.stated > whole.likely.true + 0.4
    assert whole.interval.value > 0.98 > divided.interval.value
    # The draws too: ranges hold more of the truth, and the list states less.
    assert whole.ranks.value + 0.02 < divided.ranks.value
    assert divided.listed.stated < whole.listed.stated - 0.03


def test_a_run_that_fits_counts_as_they_are_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def as_they_are(events: Any, expected: Any, *, phi: float) -> GammaPoisson:
        assert phi >= 1.0
        return fit_gamma_poisson(events, expected)

    few = {"maps": 6, "draws": 60}
    before, whole = check(**SPARSE, **few), check(**SPARSE, **few, divided=False)
    monkeypatch.setattr(small_area, "fit_gamma_poisson", as_they_are)
    monkeypatch.setattr(small_area, "_KEPT", Kept(1))
    spoilt = check(**SPARSE, **few)
    assert spoilt.likely == whole.likely != before.likely
    assert spoilt.interval == whole.interval


def test_maps_without_a_spread_are_counted_and_left_out() -> None:
    found = check(events_per_area=1.0, alpha=200.0, maps=30, draws=50)
    assert 0.2 < found.flat.value < 0.8
    assert found.flat.maps == 30
    assert found.interval.maps == 30 - round(30 * found.flat.value)


def test_equal_seeds_give_equal_figures_wherever_they_are_made() -> None:
    first = check(**SPARSE, **FEW)
    assert check(**SPARSE, **FEW) == first
    assert check(**SPARSE, **FEW, blocks=ORDER.Backwards()) == first
    with block_map(2) as blocks:
        assert check(**SPARSE, **FEW, blocks=blocks) == first
    other = check_risks(PEOPLE, seed=np.random.SeedSequence(1), **SPARSE, **FEW)
    assert other != first
    assert SEED.n_children_spawned == 0


def test_a_claim_of_no_area_says_nothing() -> None:
    claim = risk_calibration._claim([risk_calibration._Said(0, 0.0, 0)] * 3)
    assert claim.per_map == 0
    assert np.isnan([claim.stated, claim.true, claim.standard_error]).all()


def test_the_error_of_a_claim_is_that_of_a_ratio_over_maps() -> None:
    """Against the scatter of many sets of maps whose areas stand or fall together."""
    rng = np.random.default_rng(3)

    def claim() -> Claim:
        areas = rng.poisson(4.0, 60)
        return risk_calibration._claim(
            [
                risk_calibration._Said(int(n), 0.5 * n, int(n) if rng.random() < 0.5 else 0)
                for n in areas
            ]
        )

    claims = [claim() for _ in range(400)]
    assert np.mean([one.true for one in claims]) == pytest.approx(0.5, abs=0.02)
    assert np.mean([one.standard_error for one in claims]) == pytest.approx(
        np.std([one.true for one in claims]), rel=0.1
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"phi": 0.9}, "phi: 0.9 is not a number of 1 or more"),
        ({"phi": np.nan}, "phi: nan"),
        ({"alpha": 0.0}, "alpha: 0.0 is not a number above 0"),
        ({"events_per_area": -1.0}, "events_per_area: -1.0"),
        ({"months": 1}, "months: 1 is not a number of 2 or more"),
        ({"maps": 1}, "maps: 1 is not a number of 2 or more"),
        ({"events_per_area": 1e-9}, "a map has no event"),
        ({"alpha": 1e9, "events_per_area": 0.05, "maps": 2}, "shows a spread of risks on"),
    ],
)
def test_what_cannot_be_made_up_says_why(change: dict[str, Any], words: str) -> None:
    with pytest.raises(StatisticsError, match=words):
        check(**{"events_per_area": 18.0, **FEW, **change})


@pytest.mark.parametrize(
    ("people", "words"),
    [
        (np.ones(19), r"shape \(19,\)"),
        (np.ones((30, 2)), r"shape \(30, 2\)"),
        (np.r_[np.ones(25), 0.0], "row 25 is 0.0"),
        (np.r_[np.nan, np.ones(25)], "row 0 is nan"),
    ],
)
def test_populations_that_make_no_map_are_refused(people: np.ndarray, words: str) -> None:
    with pytest.raises(StatisticsError, match=words):
        check_risks(people, seed=SEED, events_per_area=3.0)
