"""What the columns of `sensitivity.csv` and `list_changes.csv` are."""

from __future__ import annotations

from dashboards.exports.key_columns import AREA_CODE, PRIORITY, Columns

__all__ = ["LIST_CHANGES", "SENSITIVITY"]

SENSITIVITY: Columns = (
    PRIORITY,
    ("indicator", "Indicator", "text", "Name of the indicator in the configuration."),
    ("nominal_weight", "Weight as set", "share", "Those of a priority sum to 1."),
    (
        "effective_weight",
        "Weight as it works",
        "share",
        "Share of the spread of scores that the indicator brings; they sum to 1.",
    ),
    (
        "sobol_first",
        "Effect of its weight alone",
        "share",
        "First-order Sobol index of the mean rank change when every weight varies.",
    ),
    ("sobol_first_conf", "Its margin", "share", "Half the width of its 95 % interval."),
    (
        "sobol_total",
        "Effect of its weight in all",
        "share",
        "Total Sobol index: alone and together with other weights.",
    ),
    ("sobol_total_conf", "Its margin", "share", "Half the width of its 95 % interval."),
    (
        "left_out_rank_change",
        "Rank change without it",
        "ranks",
        "Mean change of rank, up or down, when the indicator is left out.",
    ),
    ("left_out_enters", "Enter without it", "areas", "Areas that then come onto the list."),
    ("left_out_leaves", "Leave without it", "areas", "Areas that then go off the list."),
)
LIST_CHANGES: Columns = (
    PRIORITY,
    ("scenario", "What is changed", "text", "The one judgement that is made otherwise."),
    ("setting", "Setting", "text", "Which setting it is, and its other value."),
    ("change", "Change", "text", "enters or leaves the list; none where it stays as it is."),
    AREA_CODE,
    ("area_label", "Area", "text", "Name that people use."),
    ("rank_before", "Rank as published", "rank", "1 is the highest score."),
    ("rank_after", "Rank then", "rank", "Empty where the area then has no score."),
)
