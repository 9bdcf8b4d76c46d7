"""The columns of a forecast: name, title, unit and what each says."""

from __future__ import annotations

from dashboards.exports.key_columns import Columns

__all__ = ["DRIVERS", "EXPECTED"]


def _expected(outcome: str, words: str, unit: str) -> Columns:
    """Return the rows of a forecast and of the ends of its interval."""
    name = f"expected_{outcome}"
    return (
        (
            name,
            f"Expected {words}",
            unit,
            (
                f"Recorded {words} to expect here in the six months after the period, learned from "
                "the period: of a place, never of a person. Without seasonal factors its season "
                "and level are those of the period."
            ),
        ),
        (
            f"{name}_lo",
            f"Expected {words}, low end",
            unit,
            (
                "Lower end of the 95 % interval for what will be recorded: chance, what counts "
                "leave unsure, and an allowance for a changing level."
            ),
        ),
        (
            f"{name}_hi",
            f"Expected {words}, high end",
            unit,
            "Upper end of the same 95 % interval.",
        ),
    )


EXPECTED: Columns = (
    *_expected("violence", "violence and sexual offences", "events in 6 months"),
    *_expected("robbery", "robberies", "events in 6 months"),
    *_expected("robbery_weapons", "robberies and weapons possession", "events in 6 months"),
    *_expected("harm", "harm", "weighted events in 6 months"),
)
"""Columns of `areas.*`, one row an outcome and end of its interval."""

DRIVERS: Columns = (
    ("outcome", "Outcome", "text", "violence, robbery, robbery_weapons or harm."),
    ("driver", "Driver", "text", "What the forecast looks at; own_counts: the outcome's own past."),
    (
        "importance",
        "Importance",
        "share",
        "Of the expected events, those that would lie elsewhere if the driver were shuffled.",
    ),
    ("importance_sd", "Spread", "share", "Standard deviation of that over five shuffles."),
    ("direction", "Direction", "text", "What more of it does: raises, lowers or none."),
)
"""Columns of `forecast.csv`."""
