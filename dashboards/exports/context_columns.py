"""What the columns say that stand beside a score: guards, other sources, equity."""

from __future__ import annotations

from dashboards.exports.key_columns import AREA_CODE, PRIORITY, Columns

__all__ = ["AREA_CONTEXT", "EQUITY", "LAYERS", "PRIORITY_CONTEXT"]

AREA_CONTEXT: Columns = (
    (
        "police_generated_share",
        "Police-generated share",
        "share",
        "Of recorded crimes, those that follow where officers look, such as drugs. Context only.",
    ),
    (
        "police_generated_change",
        "Change of that share",
        "difference",
        "Police-generated share less that of the previous run; empty where there is none.",
    ),
    (
        "map_point_share",
        "Share at one map point",
        "share",
        "Share of the area's events that lie at its fullest anonymous map point.",
    ),
    (
        "artefact",
        "Artefact of recording",
        "text",
        (
            "Why its figures may come from where crime is recorded (a prison, hospital, police "
            "station, shops) and whether that keeps it from being flagged. Empty: none known."
        ),
    ),
)

PRIORITY_CONTEXT: Columns = (
    (
        "feedback",
        "Rise that presence could explain",
        "text",
        "Where the previous run flagged the area and recorded offences rose since. Else empty.",
    ),
    (
        "agreement",
        "Other sources against police counts",
        "text",
        (
            "agrees high, police only, other source only, neither, or too few to say. Only in a "
            "run with other sources."
        ),
    ),
)

EQUITY: Columns = (
    PRIORITY,
    ("kind", "Kind", "text", "What groups are by: deprivation, rurality or age."),
    (
        "group",
        "Group",
        "text",
        "National quintile of the IMD, urban or rural, or years of age.",
    ),
    ("areas", "Areas", "areas", "Areas of the group; empty for age, which is of people."),
    ("areas_share", "Share of areas", "share", "Of the study area's areas."),
    ("population", "Residents", "people", "Residents of the group."),
    ("population_share", "Share of residents", "share", "Of the study area's residents."),
    ("flagged", "Flagged areas", "areas", "Of the group."),
    ("flagged_share", "Share of flagged areas", "share", "Of all flagged areas."),
    (
        "flagged_population_share",
        "Share of residents of flagged areas",
        "share",
        "Of all residents of flagged areas, those of the group.",
    ),
    (
        "ratio",
        "Ratio",
        "ratio",
        "Share among residents of flagged areas over share of all residents; 1 is even.",
    ),
    ("note", "Note", "text", "too few to say, where few areas are flagged."),
)

LAYERS: Columns = (
    AREA_CODE,
    ("source", "Source", "text", "Name of the source in the inputs file."),
    ("kind", "Kind", "text", "emergency_department, ambulance or community_voice."),
    PRIORITY,
    ("period_events", "Events, low end", "events", "Lowest count that suppression leaves open."),
    ("period_events_hi", "Events, high end", "events", "Highest such count."),
    ("months", "Months", "months", "Covered months of the source for the area."),
    ("rate", "Smoothed rate", "per 1,000 residents per year", "At the middle of the range."),
    (
        "p_high",
        "Chance of being above average",
        "probability",
        "That its rate is above the study area's, at the low end.",
    ),
    ("agreement", "Agreement", "text", "Of this source with the police counts of the priority."),
)
