"""What the columns of the tables say that set the engine's map beside other choices of it."""

from __future__ import annotations

__all__ = ["BANDWIDTHS", "BIVARIATE", "COVERAGE"]

Columns = tuple[tuple[str, str, str, str], ...]
"""Name, title, unit and description of each column, in the order of the file."""

COVERAGE: Columns = (
    ("priority", "Priority", "text", "Key of the priority, such as sv01."),
    ("ranked_by", "Ranked by", "text", "score, or smoothed events (expected times relative risk)."),
    ("cut", "Cut", "text", "The list, or a share of the number of areas."),
    ("areas", "Areas", "areas", "Areas above the cut."),
    ("areas_share", "Share of areas", "share", "Of the number of areas."),
    ("population_share", "Share of residents", "share", "Of the residents."),
    ("area_share", "Share of land", "share", "Of the land."),
    ("events", "Events", "events", "Recorded in these areas; ties at the cut count in part."),
    ("events_share", "Share of events", "share", "Of the priority's events."),
    ("pai", "PAI", "ratio", "Predictive accuracy index: share of events over share of land."),
    (
        "pei",
        "PEI",
        "ratio",
        "Predictive efficiency index: events over the most that as much land could hold.",
    ),
    (
        "rri",
        "RRI",
        "ratio",
        "Recapture rate index: predicted over recorded events; empty for a score.",
    ),
    (
        "data",
        "Data",
        "text",
        "same data: the events that made the ranking. It describes and predicts nothing.",
    ),
)
BANDWIDTHS: Columns = (
    ("priority", "Priority", "text", "Key of the priority, such as sv01."),
    ("bandwidth", "Bandwidth", "text", "half, chosen or double."),
    ("bandwidth_m", "Width", "m", "Reach of the kernel; of an adaptive kernel, its pilot's."),
    ("cell_m", "Cell", "m", "Side of a cell."),
    ("highest", "Highest density", "per km2 per year", "Weighted as the priority's offences."),
    ("hotspot_km2", "Hot spots", "km2", "Fewest cells that hold the set share of the density."),
    ("events_share", "Share of events", "share", "Of the study area's events, in hot spots."),
    (
        "pai_same_data",
        "Concentration (same data)",
        "ratio",
        "Share of events over share of land, on the events that drew the hot spots.",
    ),
    (
        "overlap",
        "Overlap",
        "share",
        "Land in the hot spots of both this and the chosen bandwidth over land in either.",
    ),
    ("kept", "Kept", "share", "Of the chosen bandwidth's hot spots, the land that is here too."),
    ("note", "Note", "text", "Why a bandwidth was not drawn."),
)
BIVARIATE: Columns = (
    ("priority", "Priority", "text", "Key of the priority, such as sv01."),
    ("here", "Here", "text", "The area's own figure."),
    ("around", "Around", "text", "The neighbours' figure."),
    ("areas", "Areas", "areas", "Study areas that have both."),
    ("correlation", "Correlation", "-1 to 1", "Pearson's, of both in the same area."),
    ("bivariate_i", "Bivariate Moran's I", "number", "Own figure with the neighbours' mean."),
    ("high_high", "High among high", "areas", "By q: high here and high around."),
    ("low_low", "Low among low", "areas", "By q."),
    ("high_low", "High among low", "areas", "By q: high here, low around."),
    ("low_high", "Low among high", "areas", "By q."),
    ("high_high_raw", "High among high, raw", "areas", "By p, not corrected for many tests."),
    ("low_low_raw", "Low among low, raw", "areas", "By p."),
    ("high_low_raw", "High among low, raw", "areas", "By p."),
    ("low_high_raw", "Low among high, raw", "areas", "By p."),
    ("note", "Note", "text", "Why no test was made."),
)
