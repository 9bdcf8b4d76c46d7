"""Coverage: who delivered which month."""

from __future__ import annotations

from spatial.coverage import Delivery, coverage_warnings, covered_months

MONTHS = ("2025-01", "2025-02", "2025-03")


def test_each_area_is_covered_by_its_own_force() -> None:
    covered = covered_months(
        [Delivery("a", "2025-01", 5), Delivery("b", "2025-02", 5), Delivery("a", "2025-03", 0)],
        codes=["A1", "B1", "Z9"],
        months=MONTHS,
        forces={"A1": "a", "B1": "b"},
    )
    assert covered.loc["A1"].tolist() == [True, False, False]
    assert covered.loc["B1"].tolist() == [False, True, False]
    # Nobody knows the force of Z9: any delivery may be its own.
    assert covered.loc["Z9"].tolist() == [True, True, False]


def test_without_forces_any_file_covers_every_area() -> None:
    covered = covered_months(
        [Delivery("a", "2025-01", 5)], codes=["A1", "B1"], months=MONTHS, forces=None
    )
    assert covered["2025-01"].all()
    assert not covered[["2025-02", "2025-03"]].to_numpy().any()


def test_a_force_without_files_and_a_missing_month_are_named() -> None:
    said = coverage_warnings(
        [Delivery("a", "2025-01", 5), Delivery("a", "2025-03", 5), Delivery("c", "2025-01", 5)],
        months=MONTHS,
        expected=["a", "b"],
    )
    assert said == [
        "a: no rows for 2025-02: no data, not zero",
        "no rows of b in the period: its areas have no data",
    ]


def test_only_months_of_the_period_are_compared() -> None:
    deliveries = [
        Delivery("a", "2024-12", 1000),
        Delivery("a", "2025-01", 5),
        Delivery("a", "2025-02", 5),
        Delivery("a", "2025-03", 2),
    ]
    assert coverage_warnings(deliveries, months=MONTHS, expected=[]) == []
    deliveries[-1] = Delivery("a", "2025-03", 1)
    said = coverage_warnings(deliveries, months=MONTHS, expected=[])
    assert len(said) == 1
    assert "2025-03 has 1 row, under 40% of the median of its other months (5)" in said[0]


def test_a_file_of_no_force_fills_the_months_of_every_force_where_it_has_rows() -> None:
    said = coverage_warnings(
        [
            Delivery("a", "2025-01", 5),
            Delivery("", "2025-02", 5),
            Delivery("", "2025-03", 0),
        ],
        months=MONTHS,
        expected=["a"],
    )
    assert said == [
        "the extract: no rows for 2025-01, 2025-03: no data, not zero",
        "a: no rows for 2025-03: no data, not zero",
    ]
