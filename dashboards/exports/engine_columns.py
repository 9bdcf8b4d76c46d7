"""What the columns say of the tables that describe a map as a whole or beside other choices."""

from __future__ import annotations

from dashboards.exports.key_columns import AREA_CODE_OR_ALL, PRIORITY, Columns

__all__ = [
    "BANDWIDTHS",
    "BIVARIATE",
    "CONCENTRATION",
    "COVERAGE",
    "SCAN",
    "SPACE_TIME",
    "SPACE_TIME_MONTHS",
    "SUPPORT",
]

SCAN: Columns = (
    PRIORITY,
    ("rank", "Number", "number", "1 is the most likely cluster; empty where there is none."),
    ("kind", "Kind", "text", "most likely, or secondary: apart from every cluster before it."),
    ("centre", "Centre", "code", "Area in the middle of the circle."),
    ("x", "Easting", "m", "Of the circle's middle, the centroid of that area, EPSG:27700."),
    ("y", "Northing", "m", "Of the circle's middle, EPSG:27700."),
    ("area_label", "Centre, by name", "text", "Name that people use for that area."),
    ("radius_m", "Radius", "m", "To the farthest centroid of its areas; 0 for a single area."),
    ("areas", "Areas", "areas", "Number of areas in the circle."),
    ("area_codes", "Area codes", "codes", "Those areas, joined by semicolons."),
    ("population", "Residents", "people", "Usual residents inside."),
    ("observed", "Events", "events", "Events of the priority inside, over covered months."),
    ("expected", "Expected events", "events", "At the study area's rate of the same months."),
    ("observed_over_expected", "Observed over expected", "ratio", "Events over expected events."),
    ("annual_rate", "Rate", "as rate_unit", "Events inside over exposure and covered months."),
    ("rate_unit", "Unit of the rate", "text", "Such as per 1,000 residents per year."),
    (
        "relative_risk",
        "Relative risk",
        "ratio",
        "Rate inside over outside; empty if no event is outside.",
    ),
    ("llr", "Log likelihood ratio", "number", "Kulldorff's scan statistic of the circle."),
    (
        "critical_llr",
        "Critical ratio, .05",
        "number",
        "Log likelihood ratio from which p is .05 or less: what 1 in 20 chance maps reach.",
    ),
    (
        "critical_llr_01",
        "Critical ratio, .01",
        "number",
        "The same for .01: what 1 in 100 chance maps reach.",
    ),
    (
        "p",
        "p-value",
        "probability",
        "Of a ratio as large anywhere on 999 chance maps, which allow for months that vary more.",
    ),
    ("note", "Note", "text", "Why there is no cluster, or which areas were left out."),
)
SPACE_TIME: Columns = (
    AREA_CODE_OR_ALL,
    PRIORITY,
    ("pattern", "Pattern", "text", "How hot or cold spots came and went; or Not classified."),
    ("hot_months", "Months hot", "months", "Tested months with a Gi* hot spot (90 % or more)."),
    ("hot_share", "Share of months hot", "share", "Of tested months: persistence."),
    ("last_hot_month", "Last hot month", "YYYY-MM", "Empty where none was hot."),
    ("cold_months", "Months cold", "months", "Tested months with a Gi* cold spot."),
    ("cold_share", "Share of months cold", "share", "Of tested months."),
    ("last_cold_month", "Last cold month", "YYYY-MM", "Empty where none was cold."),
    (
        "run",
        "Months in a row",
        "months",
        "Unbroken calendar months up to the last tested one: above 0 hot, below 0 cold, 0 neither.",
    ),
    ("trend_tau", "Kendall's tau", "-1 to 1", "Of monthly Gi*: 1 where it only ever rises."),
    ("trend_z", "Trend", "number", "Mann-Kendall Z of monthly Gi*; above 0 is rising."),
    ("trend_p", "p-value of the trend", "probability", "Of the trend, two-sided."),
    ("covered_months", "Covered months", "months", "Months with data for the area."),
    ("tested_months", "Tested months", "months", "Those of them with enough events to test."),
    (
        "hot_only_months",
        "Months for hot spots alone",
        "months",
        "Tested months with under one event an area, in which no area is called cold.",
    ),
    ("last_month", "Last tested month", "YYYY-MM", "What the pattern calls the final month."),
    ("reason", "Reason", "text", "Why the area is not classified."),
)
SPACE_TIME_MONTHS: Columns = (
    AREA_CODE_OR_ALL,
    PRIORITY,
    ("month", "Month", "YYYY-MM", "A month that some study area has data of."),
    ("gi_z", "Gi* Z", "number", "Gi* of the month's standardised rate; empty: not tested."),
    (
        "gi_bin",
        "Hot or cold spot",
        "number",
        (
            "3, 2, 1 a hot spot at 99, 95, 90 % confidence, negative a cold spot, 0 neither; each "
            "month is corrected for testing every area."
        ),
    ),
    ("note", "Note", "text", "Why the area was not tested in this month, or not for cold spots."),
)
SUPPORT: Columns = (
    PRIORITY,
    (
        "flagged_by",
        "Rule",
        "text",
        "this run: its clusters, hot spots, flagged areas. counts: one rule, whatever is set.",
    ),
    ("first", "First units", "text", "areas, hexagons of 500 m or MSOAs."),
    ("second", "Second units", "text", "What they are compared with."),
    (
        "jaccard_area",
        "Overlap of land",
        "share",
        "Land flagged by both over that by either; empty where none is, or one was not tested.",
    ),
    (
        "jaccard_events",
        "Overlap of events",
        "share",
        "Events in units flagged by both over events in units flagged by either.",
    ),
    ("first_units", "Number of first units", "units", "How many there are."),
    (
        "first_flagged",
        "First units flagged",
        "units",
        "How many of them are flagged; empty where no test was made.",
    ),
    ("second_units", "Number of second units", "units", "How many there are."),
    (
        "second_flagged",
        "Second units flagged",
        "units",
        "How many of them are flagged; empty where no test was made.",
    ),
    ("note", "Note", "text", "Why a test or comparison is missing, and what was assumed."),
)
COVERAGE: Columns = (
    PRIORITY,
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
    PRIORITY,
    ("bandwidth", "Bandwidth", "text", "half, chosen or double."),
    ("bandwidth_m", "Width", "m", "Reach of the kernel; of an adaptive kernel, its pilot's."),
    ("cell_m", "Cell", "m", "Side of a cell: half the run's at half the bandwidth."),
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
CONCENTRATION: Columns = (
    PRIORITY,
    ("basis", "Basis", "text", "What is cut: areas, residents or km2, the worst first."),
    ("basis_share", "Share of the basis", "share", "The worst 1, 2, 5, 10, 20, 25 and 50 %."),
    ("events_share", "Share of events", "share", "Of the priority's events, in that worst part."),
    ("events", "Events", "events", "Events of the priority on this basis."),
    ("gini", "Gini", "0 to 1", "0 where events are even over the basis, towards 1 where uneven."),
    (
        "gini_by_chance",
        "Gini by chance",
        "0 to 1",
        "Mean Gini of maps on which the same events fall by chance: few events never lie even.",
    ),
    ("gini_excess", "Gini beyond chance", "difference", "The Gini less that of chance."),
)
BIVARIATE: Columns = (
    PRIORITY,
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
    (
        "seeds_agree_at_least",
        "Least agreement of seeds",
        "share",
        "Of five further seeds, those that give the least certain label by q; empty without one.",
    ),
    ("note", "Note", "text", "Why no test was made, or which side alone was tested."),
)
