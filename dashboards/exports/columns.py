"""What every published column is: the single source of notes, glossary and data contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dashboards.exports.backtest_columns import BACKTEST
from dashboards.exports.context_columns import AREA_CONTEXT, EQUITY, LAYERS, PRIORITY_CONTEXT
from dashboards.exports.engine_columns import (
    BANDWIDTHS,
    BIVARIATE,
    CONCENTRATION,
    COVERAGE,
    SCAN,
    SPACE_TIME,
    SPACE_TIME_MONTHS,
    SUPPORT,
)
from dashboards.exports.forecast_columns import DRIVERS, EXPECTED
from dashboards.exports.key_columns import AREA_CODE, PRIORITY, Row
from dashboards.exports.list_columns import CUT, EXPLANATIONS, FIGURES, LIST, PATCHES
from dashboards.exports.sensitivity_columns import LIST_CHANGES, SENSITIVITY

__all__ = ["AREA", "PER_PRIORITY", "TABLES", "Column", "column", "describe"]

_PREFIX = re.compile(r"(?P<priority>[a-z][a-z0-9]*?)_(?P<name>.+)")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in every file, a title for people, its unit and what it says."""

    name: str
    title: str
    unit: str
    description: str


def _table(*rows: Row) -> dict[str, Column]:
    return {row[0]: Column(*row) for row in rows}


AREA: Mapping[str, Column] = _table(
    AREA_CODE,
    ("area_name", "Official name", "text", "Name given by the Office for National Statistics."),
    (
        "area_label",
        "Area",
        "text",
        "Name that people use: place, letter of the area, ward. No two areas share it.",
    ),
    ("place_name", "Place", "text", "House of Commons Library name of the neighbourhood (MSOA)."),
    ("ward_name", "Ward", "text", "Electoral ward that holds the area."),
    ("lad_code", "Local authority code", "code", "Code of the local authority district."),
    ("lad_name", "Local authority", "text", "Name of the local authority district."),
    (
        "rural_urban",
        "Rural or urban",
        "text",
        "Stratum of the official rural-urban classification. Areas are also ranked within it.",
    ),
    ("population", "Residents", "people", "Usual residents, from the supplied population table."),
    ("area_km2", "Size", "km2", "Area of the polygon in square kilometres."),
    (
        "events",
        "All recorded events",
        "events",
        "All located police-recorded rows of the period, whatever their category.",
    ),
    *EXPECTED,
    *AREA_CONTEXT,
)

PER_PRIORITY: Mapping[str, Column] = _table(
    (
        "events",
        "Events",
        "events",
        "Recorded events of the priority's offences over the covered months.",
    ),
    (
        "harm",
        "Harm",
        "weighted events",
        "Events times the weight of their offence, summed. Weights are in the manifest.",
    ),
    (
        "rate",
        "Rate",
        "per 1,000 residents per year",
        "Recorded events over residents and covered months. Not smoothed; empty without residents.",
    ),
    (
        "eb_rate",
        "Smoothed rate",
        "per 1,000 residents per year",
        "Rate pulled towards its group's mean, the more so the fewer the events (empirical Bayes).",
    ),
    (
        "rr",
        "Relative risk",
        "ratio",
        "Smoothed events over those expected from residents alone; 1 is the average.",
    ),
    ("rr_lo", "Relative risk, low end", "ratio", "Lower end of the 95 % interval."),
    ("rr_hi", "Relative risk, high end", "ratio", "Upper end of the 95 % interval."),
    (
        "p_rr_gt_1",
        "Chance of being above average",
        "probability",
        "Probability that the relative risk is above 1.",
    ),
    (
        "p_rr_gt_1_5",
        "Chance of being half as high again",
        "probability",
        "Probability that the relative risk is above 1.5.",
    ),
    (
        "lisa_i",
        "Local Moran's I",
        "number",
        "Above 0 where an area is like its neighbours, below 0 where it is unlike them.",
    ),
    (
        "lisa_p",
        "Cluster p-value",
        "probability",
        (
            "Pseudo p-value of local Moran's I, before correction for many tests; two-sided unless "
            "the settings ask for one side."
        ),
    ),
    (
        "lisa_q",
        "Cluster q-value",
        "probability",
        "The p-value corrected for testing every area (Benjamini and Hochberg).",
    ),
    (
        "lisa_cluster",
        "Cluster",
        "text",
        (
            "High-High: high among high. High-Low: stands alone. Only where the q-value is at most "
            "the set level (0.05 unless set); else Not significant, No neighbours or Not testable. "
            "With under one event an area only High-High is named."
        ),
    ),
    (
        "lisa_agreement",
        "Cluster drawn again",
        "share",
        (
            "Share of five further random seeds that give the area the same label. Below 1 chance "
            "can change it. Empty where nothing was tested."
        ),
    ),
    (
        "gi_z",
        "Gi* Z",
        "number",
        "Gi* of the same figure: above 0 where the area and its neighbours are high together.",
    ),
    (
        "gi_p",
        "Gi* p-value",
        "probability",
        (
            "Pseudo p-value of Gi*, before correction for many tests; two-sided unless the "
            "settings ask for one side. The strand cluster_raw needs at most 0.05 of it, or the "
            "set level of the cluster p-value."
        ),
    ),
    (
        "gi_q",
        "Gi* q-value",
        "probability",
        "That p-value corrected for testing every area (Benjamini and Hochberg).",
    ),
    (
        "gi_bin",
        "Hot or cold spot",
        "number",
        (
            "Gi* bin: 3, 2, 1 a hot spot at 99, 95, 90 % confidence; -3, -2, -1 a cold spot; 0 "
            "neither. By the corrected figure. With under one event an area none is called cold."
        ),
    ),
    (
        "gi_agreement",
        "Hot or cold spot drawn again",
        "share",
        (
            "Share of five further random seeds that give the area the same Gi* bin. Empty where "
            "nothing was tested."
        ),
    ),
    (
        "density_share",
        "Share of events in hot spots",
        "share",
        "Share of the area's events that lie where recorded map points concentrate.",
    ),
    (
        "score",
        "Score",
        "0 to 100",
        "Weighted mean of the priority's indicators. Higher is more risk. Weights are judgements.",
    ),
    ("rank", "Rank", "rank", "1 is the highest score of the study area."),
    ("rank_lo", "Rank, best case", "rank", "5 % of the draws put the area at this rank or above."),
    (
        "rank_hi",
        "Rank, worst case",
        "rank",
        "95 % of the draws put the area at this rank or above.",
    ),
    (
        "p_top",
        "Chance of being on the list",
        "probability",
        "Share of draws, over counts and weights together, that put the area on the list.",
    ),
    (
        "p_top_crime_only",
        "Chance, crime indicators alone",
        "probability",
        "The same without the indicators that are taken as known, such as deprivation.",
    ),
    *CUT,
    (
        "rank_in_stratum",
        "Rank among areas of its kind",
        "rank",
        "Rank among rural areas for a rural area, among urban areas for an urban one.",
    ),
    (
        "tier",
        "Tier",
        "text",
        "Strength of the evidence: Strong, Supported, Watch or Not evidenced.",
    ),
    ("flag", "Flagged", "true or false", "True where the tier is Strong or Supported."),
    (
        "strands",
        "Strands of evidence",
        "text",
        "The strands that hold: top_k, excess_risk, cluster, density, persistent and others.",
    ),
    *PRIORITY_CONTEXT,
    ("reasons", "Why", "text", "Plain sentences: why, how sure, and in what context."),
    *LIST,
)

_CONTRIBUTIONS = _table(
    AREA_CODE,
    PRIORITY,
    ("indicator", "Indicator", "text", "Name of the indicator in the configuration."),
    ("value", "Value", "as the indicator", "The indicator before it is put on a common scale."),
    ("normalised", "Normalised value", "0 to 1", "The indicator on the common scale, 1 is worst."),
    ("weight", "Weight", "share", "Weight of the indicator; those of a priority sum to 1."),
    (
        "contribution",
        "Contribution",
        "score points",
        "Points of the score that come from this indicator. They sum to the score.",
    ),
)
_LEDGER = _table(
    ("file", "File", "text", "Input file under the data root; a zip member after `!`."),
    ("month", "Month", "YYYY-MM", "Month in the name of the file."),
    ("reason", "Reason", "text", "Where the rows went: used, ring, outside and so on."),
    ("rows", "Rows", "rows", "Rows with this reason. A file's rows sum to its length."),
)
_QUARANTINE = _table(
    ("file", "File", "text", "Input file under the data root."),
    ("line", "Line", "line", "Line of the row in the file, the header being line 1."),
    ("field", "Field", "text", "Column that could not be used."),
    ("value", "Value", "text", "What stood there."),
    ("rule", "Rule", "text", "Why the row was set aside."),
)
_HOTSPOTS = _table(
    ("hotspot_id", "Number", "number", "1 is the polygon with the most events."),
    ("events", "Events", "events", "Recorded map points of the priority's offences inside."),
    ("share", "Share of events", "share", "Of the study area's events of these offences."),
    ("volume_share", "Share of density", "share", "Of the density summed over the study area."),
    ("area_km2", "Size", "km2", "Area of the polygon in square kilometres."),
    (
        "pai_same_data",
        "Concentration (same data)",
        "ratio",
        (
            "Share of events over share of area, measured on the events that drew the polygon: it "
            "describes them and predicts nothing."
        ),
    ),
    ("area_codes", "Areas", "codes", "Areas whose events lie inside, those with most first."),
)

TABLES: Mapping[str, Mapping[str, Column]] = {
    "areas": AREA,
    "contributions": _CONTRIBUTIONS,
    "ledger": _LEDGER,
    "quarantine": _QUARANTINE,
    "hotspots": _HOTSPOTS,
    "concentration": _table(*CONCENTRATION),
    "forecast": _table(*DRIVERS),
    "scan": _table(*SCAN),
    "space_time": _table(*SPACE_TIME),
    "space_time_months": _table(*SPACE_TIME_MONTHS),
    "support": _table(*SUPPORT),
    "coverage": _table(*COVERAGE),
    "bandwidths": _table(*BANDWIDTHS),
    "bivariate": _table(*BIVARIATE),
    "sensitivity": _table(*SENSITIVITY),
    "list_changes": _table(*LIST_CHANGES),
    "patches": _table(*PATCHES),
    "explanations": _table(*EXPLANATIONS),
    "explanation_figures": _table(*FIGURES),
    "equity": _table(*EQUITY),
    "layers": _table(*LAYERS),
    "layers_ledger": _LEDGER,
    "backtest": _table(*BACKTEST),
}


def column(
    name: str,
    *,
    table: str = "areas",
    titles: Mapping[str, str] | None = None,
    instead: Mapping[str, str] | None = None,
) -> Column:
    """Return what a column is; `sv01_score` is the score of priority sv01.

    `titles` gives the priorities their titles, `instead` what some of their columns say in one
    run, by their full names. A column that no table knows is returned with its
    own name as title, so that a file with a new column still opens with notes.
    """
    known = TABLES[table].get(name)
    if known is not None:
        return known
    match = _PREFIX.fullmatch(name)
    if table == "areas" and match is not None and match["name"] in PER_PRIORITY:
        base = PER_PRIORITY[match["name"]]
        key = match["priority"].upper()
        title = (titles or {}).get(match["priority"])
        about = f"{key} ({title})" if title else key
        said = (instead or {}).get(name, base.description)
        return Column(name, f"{key} {base.title}", base.unit, f"{about}: {said}")
    return Column(name, name, "", "Not described yet.")


def describe(
    names: Iterable[str],
    *,
    table: str = "areas",
    titles: Mapping[str, str] | None = None,
    instead: Mapping[str, str] | None = None,
) -> list[Column]:
    """Return the description of each column, in the order given; arguments as of `column`."""
    return [column(name, table=table, titles=titles, instead=instead) for name in names]
