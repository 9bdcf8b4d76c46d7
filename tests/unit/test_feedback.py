"""Rises in flagged areas: the slow way, the chance level, what is found, what is not said."""

from __future__ import annotations

import numpy as np
import pytest

from risk_model.feedback import Counts, expected_share, feedback_text, rise_p, rising


def counts(
    before: np.ndarray, since: np.ndarray, phi: float = 1.0, **covered: np.ndarray
) -> Counts:
    every = {
        "before_covered": np.ones(before.shape, dtype=bool),
        "since_covered": np.ones(since.shape, dtype=bool),
    } | covered
    return Counts(before=before.astype(float), since=since.astype(float), phi=phi, **every)


def test_the_yardstick_is_the_other_areas() -> None:
    before = np.array([[2, 4], [3, 3], [5, 1]])
    since = np.array([[9, 9], [1, 2], [3, 4]])
    share = expected_share(counts(before, since))
    for i in range(3):
        others = [j for j in range(3) if j != i]
        late, early = since[others].sum(), before[others].sum()
        assert share[i] == pytest.approx(late / (late + early))


def test_months_that_an_area_lacks_are_left_out_for_it() -> None:
    before = np.array([[2, 4], [3, 3], [5, 1]])
    since = np.array([[0, 9], [1, 2], [3, 4]])
    seen = np.ones((3, 2), dtype=bool)
    seen[0, 0] = False
    share = expected_share(counts(before, since, since_covered=seen))
    # The others' means: 3 in the one month since, (8 / 2) + (4 / 2) in the two before.
    assert share[0] == pytest.approx(3.0 / (3.0 + 6.0))


def test_p_is_the_binomial_tail() -> None:
    from scipy import stats

    since, before, share = np.array([60.0]), np.array([40.0]), np.array([0.5])
    exact = stats.binom.sf(59, 100, 0.5)
    assert rise_p(since, before, share, 1.0)[0] == pytest.approx(exact, rel=0.02)
    assert rise_p(since, before, share, 2.0)[0] > 2 * exact
    assert rise_p(np.array([4.0]), np.array([0.0]), share, 1.0)[0] == 1.0  # too few
    assert rise_p(np.array([5.0]), np.array([0.0]), share, 1.0)[0] < 0.05
    assert np.isnan(rise_p(since, before, np.array([np.nan]), 1.0)[0])


@pytest.mark.parametrize("dispersion", [1.0, 2.0])
def test_chance_alone_gives_a_note_no_more_often_than_stated(dispersion: float) -> None:
    rng = np.random.default_rng(5)
    n, noted = 400, 0
    for _ in range(5):
        kinds = {}
        for name, mean in (("robbery", 2.0), ("violence", 9.0), ("drugs", 3.0)):
            season = np.array([1.0, 1.3, 0.8, 1.1, 0.9, 1.2])
            level = rng.gamma(3.0, mean / 3.0, n)[:, None] * season
            if dispersion > 1:  # gamma mixed: variance = dispersion x mean
                level = rng.gamma(level / (dispersion - 1), dispersion - 1)
            events = rng.poisson(level)
            kinds[name] = counts(events[:, :3], events[:, 3:], phi=dispersion)
        noted += sum(bool(names) for names in rising(kinds, np.ones(n, dtype=bool), alpha=0.05))
    # 99.9 % range of a share of .05 in 2,000 is .036 to .067; discreteness makes it lower.
    assert noted / (5 * n) <= 0.067


def test_a_rise_is_found_where_it_was_flagged_and_only_there() -> None:
    before = np.full((30, 6), 10)
    since = np.full((30, 6), 10)
    since[:2] = 20
    flagged = np.zeros(30, dtype=bool)
    flagged[1:3] = True
    found = rising({"robbery": counts(before, since)}, flagged, alpha=0.05)
    assert found[:3] == [(), ("robbery",), ()]


def test_a_rise_everywhere_is_no_rise_here() -> None:
    before, since = np.full((30, 6), 10), np.full((30, 6), 30)
    assert not any(rising({"a": counts(before, since)}, np.ones(30, dtype=bool), alpha=0.05))


def test_words() -> None:
    assert feedback_text((), end="2025-06") == ""
    text = feedback_text(("robbery", "drugs"), end="2025-06")
    assert "flagged in the period to 2025-06, and recorded robbery and drugs rose" in text
    assert text.endswith("may follow from police presence")
