"""What the columns say that tell of a list: its cut line, its memory, its patches and sentences."""

from __future__ import annotations

from dashboards.exports.key_columns import AREA_CODE, PRIORITY, Columns

__all__ = ["CUT", "EXPLANATIONS", "FIGURES", "LIST", "PATCHES"]

CUT: Columns = (
    (
        "p_above_cut",
        "Chance of a score above the list's last",
        "probability",
        (
            "Share of draws that put its score above that of the last area on the list, ties "
            "counted half; .5 for that area itself."
        ),
    ),
    (
        "beside_list",
        "Cannot be told apart from the list",
        "true or false",
        (
            "True for an area below the cut whose chance of a score above the last one's is 0.05 "
            "or more. By this run alone: an earlier refresh may keep such an area on the list."
        ),
    ),
    (
        "rank_set_lo",
        "Rank by counts alone, best",
        "rank",
        (
            "Lowest rank that the counts of its offences leave open at 95 %, whatever the other "
            "indicators say: 1 + the areas surely above it. Empty for very large study areas."
        ),
    ),
    (
        "rank_set_hi",
        "Rank by counts alone, worst",
        "rank",
        "Highest rank that counts alone leave open: all areas less those surely below it.",
    ),
)
LIST: Columns = (
    (
        "list",
        "On the remembered list",
        "true or false",
        "True where it entered on enough refreshes and has not left since: see `list` settings.",
    ),
    (
        "list_status",
        "Status on the list",
        "text",
        (
            "Since the refresh before: new, staying, dropped, or provisional (on the first list of "
            "all and not yet confirmed). Empty: never on it."
        ),
    ),
    ("list_since", "On the list since", "YYYY-MM", "End of the refresh in which it entered."),
    (
        "list_review",
        "Review of the listing",
        "YYYY-MM",
        "From this month on it stays only if it meets the bar of entry again.",
    ),
    (
        "patch",
        "Patch",
        "text",
        "Name of the patch of flagged areas that touch which it is part of. Empty: not flagged.",
    ),
)
PATCHES: Columns = (
    PRIORITY,
    ("patch", "Number", "number", "1 is the patch with the highest rank."),
    ("name", "Name", "text", "Places that its areas lie in, those of the highest rank first."),
    ("areas", "Areas", "areas", "Number of flagged areas that touch."),
    ("area_codes", "Area codes", "codes", "Those areas, the highest rank first."),
    ("events", "Events", "events", "Events of the priority, summed."),
    ("population", "Residents", "people", "Summed; empty where that of an area is missing."),
    ("area_km2", "Size", "km2", "Square kilometres, summed."),
)
EXPLANATIONS: Columns = (
    AREA_CODE,
    PRIORITY,
    ("sentence", "Sentence", "text", "why, sure (how sure), context or note."),
    ("text", "Text", "text", "The sentence."),
)
FIGURES: Columns = (
    AREA_CODE,
    PRIORITY,
    ("sentence", "Sentence", "text", "The sentence of explanations.csv that says the number."),
    ("figure", "Figure", "text", "Its name: a column of areas, an indicator, or its mean."),
    ("value", "Value", "as unit", "The number in full."),
    ("unit", "Unit", "text", "Unit of the value."),
    ("shown", "As shown", "text", "What stands in the sentence."),
)
