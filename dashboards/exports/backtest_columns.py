"""What the columns of `backtest.csv` are."""

from __future__ import annotations

from dashboards.exports.key_columns import Columns

__all__ = ["BACKTEST"]

BACKTEST: Columns = (
    (
        "outcome",
        "Outcome",
        "text",
        "What was to be caught: violence, robbery, weapons, robbery_weapons, or harm.",
    ),
    (
        "method",
        "Method",
        "text",
        (
            "What chose the areas: score_P (P a priority), forecast, prior_counts of the same "
            "outcome, all_crime counts, imd alone, equal_weights_P, or perfect, which knew the "
            "outcome."
        ),
    ),
    ("by", "Cut by", "text", "What the share is of: number of areas, area (land) or population."),
    ("share", "Share chosen", "share", "How much of it the choice takes, the first areas first."),
    ("capture", "Share caught", "share", "Of the outcome in the later months, in that choice."),
    ("capture_lo", "Share caught, low", "share", "Lower end of its 95 % interval (bootstrap)."),
    ("capture_hi", "Share caught, high", "share", "Upper end of its 95 % interval (bootstrap)."),
    ("pai", "PAI", "ratio", "Predictive accuracy index: share caught over share of the land."),
    ("pai_lo", "PAI, low", "ratio", "Lower end of its 95 % interval."),
    ("pai_hi", "PAI, high", "ratio", "Upper end of its 95 % interval."),
    ("pei", "PEI", "share", "Caught over what the perfect choice of the same size catches."),
    ("rri", "RRI", "ratio", "Expected over caught; empty where the method is not in events."),
    ("origins", "Origins", "months", "Months at whose end areas were chosen; forces, if by force."),
    ("events", "Outcome in all", "events", "Events, or harm, of all the later months together."),
)
