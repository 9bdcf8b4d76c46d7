"""What the list hangs on and whether it beats counting, in plain words. Imports no Dash.

Every table may be missing: an older run has none, and a back-test is a command of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboards import words
from dashboards.tables import Table
from dashboards.view import RunView
from risk_model.figure_words import INDICATOR_WORDS
from risk_model.run_store import PublishedRun

__all__ = [
    "JudgementTables",
    "backtest_other_ways",
    "backtest_said",
    "backtest_tables",
    "backtest_verdicts",
    "changes_said",
    "changes_table",
    "driver_tables",
    "equity_tables",
    "forecast_said",
    "judgement_tables_of",
    "rank_sets_said",
    "sensitivity_said",
    "sensitivity_table",
]

_FILES = ("sensitivity", "list_changes", "backtest", "equity", "forecast")
_SHARES = (0.02, 0.05, 0.10, 0.20)
_MOST_DRIVERS = 8
_OUTCOMES = {
    "violence": "All violence",
    "robbery": "Robbery",
    "weapons": "Possession of weapons",
    "robbery_weapons": "Robbery and possession of weapons",
    "harm": "Harm",
}
_METHODS = {
    "prior_counts": "Prior counts of the same offences",
    "all_crime": "All-crime counts",
    "imd": "Deprivation alone (IMD)",
    "equal_weights": "Equal weights",
    "forecast": "The forecast",
    "forecast_all_forces": "The forecast learned from all forces",
    "perfect": "The perfect choice",
}
_KINDS = {"deprivation": "Deprivation (fifths of England)", "rurality": "Rurality", "age": "Age"}


@dataclass(frozen=True, slots=True, eq=False)
class JudgementTables:
    """The tables of a run that judge it; empty where it has none."""

    sensitivity: pd.DataFrame
    list_changes: pd.DataFrame
    backtest: pd.DataFrame
    equity: pd.DataFrame
    forecast: pd.DataFrame


def judgement_tables_of(run: PublishedRun) -> JudgementTables:
    """Read the tables of a run that it has."""
    return JudgementTables(
        **{
            name: pd.read_csv(run.path(f"{name}.csv"), dtype={"area_code": str})
            if f"{name}.csv" in run.manifest["outputs"]
            else pd.DataFrame()
            for name in _FILES
        }
    )


def _of(table: pd.DataFrame, priority: str) -> pd.DataFrame:
    return table if table.empty else table[table["priority"] == priority]


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _number(row: Mapping[Any, Any], name: str, decimals: int) -> str:
    value = row.get(name)
    return "not known" if value is None or pd.isna(value) else f"{float(value):z,.{decimals}f}"


def _percent(row: Mapping[Any, Any], name: str) -> str:
    value = row.get(name)
    return "not known" if value is None or pd.isna(value) else f"{float(value):.0%}"


# What the list hangs on


def sensitivity_said(tables: JudgementTables, priority: str) -> str:
    """Say which indicator works most, beside what its weight says; or that it is not known."""
    rows = _of(tables.sensitivity, priority)
    if rows.empty:
        return "What the list hangs on is not in this run."
    known = rows.dropna(subset=["effective_weight"])
    if known.empty:
        return "Every area has the same score, so that no weight does anything."
    top = known.sort_values("effective_weight", kind="stable").to_dict("records")[-1]
    return (
        f"What spreads the scores most is “{words.indicator_words(str(top['indicator']))}”: it "
        f"brings {top['effective_weight']:.0%} of their spread, with a weight of "
        f"{top['nominal_weight']:.0%}."
    )


def sensitivity_table(tables: JudgementTables, priority: str) -> Table | None:
    """Return weights as they are set and as they work, and what leaving an indicator out does."""
    rows = _of(tables.sensitivity, priority)
    if rows.empty:
        return None

    def with_margin(row: Mapping[Any, Any], name: str) -> str:
        value, margin = _number(row, name, 2), _number(row, f"{name}_conf", 2)
        return value if "not known" in (value, margin) else f"{value} ± {margin}"

    cells = tuple(
        (
            words.indicator_words(str(row["indicator"])),
            _percent(row, "nominal_weight"),
            _percent(row, "effective_weight"),
            with_margin(row, "sobol_first"),
            with_margin(row, "sobol_total"),
            _number(row, "left_out_rank_change", 1),
            f"{_number(row, 'left_out_enters', 0)} and {_number(row, 'left_out_leaves', 0)}",
        )
        for row in rows.to_dict("records")
    )
    return Table(
        "Weights as they are set and as they work; Sobol indices are of the change of rank when "
        "every weight varies",
        (
            "Indicator",
            "Weight set",
            "Weight at work",
            "Sobol, alone",
            "Sobol, in all",
            "Ranks moved without it",
            "Enter and leave without it",
        ),
        cells,
        (False, True, True, True, True, True, True),
    )


def changes_said(tables: JudgementTables, priority: str) -> str:
    """Say how many of the judgements that were turned change the list."""
    rows = _of(tables.list_changes, priority)
    if rows.empty:
        return ""
    scenarios = rows["scenario"].nunique()
    moved = rows[rows["change"] != "none"]["scenario"].nunique()
    return (
        f"{moved or 'None'} of {words.plural(scenarios, 'judgement')} that were made otherwise, "
        "one at a time, change the list. Two together may do what neither does alone."
    )


def changes_table(tables: JudgementTables, priority: str) -> Table | None:
    """Return who enters and leaves the list when one judgement is made otherwise."""
    rows = _of(tables.list_changes, priority)
    if rows.empty:
        return None
    cells, same = [], []
    for scenario, part in rows.groupby("scenario", sort=False):
        names = {
            change: "; ".join(_text(name) for name in part["area_label"][part["change"] == change])
            for change in ("enters", "leaves")
        }
        said = _scenario_words(str(scenario))
        if any(names.values()):
            cells.append((said, names["enters"] or "none", names["leaves"] or "none"))
        else:
            same.append(f"{said[:1].lower()}{said[1:]}")
    if same:
        cells.append((f"No change: {'; '.join(same)}", "none", "none"))
    return Table(
        "Who enters and who leaves when one judgement is made otherwise",
        ("What is changed", "Enter", "Leave"),
        tuple(cells),
    )


def _scenario_words(scenario: str) -> str:
    """Say ``weight+25% harm_rate`` as people would; one that is not known says itself."""
    for start, said in (
        ("weight+25% ", "Weight up by a quarter: "),
        ("weight-25% ", "Weight down by a quarter: "),
        ("without ", "Without: "),
    ):
        if scenario.startswith(start):
            name = words.indicator_words(scenario.removeprefix(start))
            return f"{said}{name[:1].lower()}{name[1:]}"
    return {
        "violence weight halved": "Harm weight of violence halved",
        "violence weight doubled": "Harm weight of violence doubled",
        "exponential": "Every indicator normalised by “exponential”",
    }.get(scenario, scenario)


def _span(low: float, high: float) -> str:
    if low == high:
        return f"nowhere but at {low:,.0f}"
    return f"anywhere from {low:,.0f} to {high:,.0f}"


def rank_sets_said(view: RunView, priority: str) -> str:
    """Say how far counts alone can tell the first and the last area of the list apart."""
    low, high = f"{priority}_rank_set_lo", f"{priority}_rank_set_hi"
    if not (view.has(low) and view.has(high)):
        return "What counts alone can say of ranks is not in this run."
    ranked = view.areas.dropna(subset=[low, high, f"{priority}_rank"])
    if ranked.empty:
        return "Counts alone can say nothing of ranks in this run."
    ranked = ranked.sort_values(f"{priority}_rank", kind="stable")
    size = int(view.manifest["priorities"][priority].get("list_size", 10))
    rows = ranked.to_dict("records")
    first, last = (
        f"{row[f'{priority}_rank']:,.0f} could stand {_span(row[low], row[high])}"
        for row in (rows[0], rows[min(size, len(rows)) - 1])
    )
    return (
        f"By counts alone, with no weights at all, the area of rank {first}, and that of rank "
        f"{last}, of {len(view.areas):,}."
    )


# Whether it beats counting


def _method_words(method: str) -> str:
    for start, said in (("score_", "The score of {}"), ("equal_weights_", "Equal weights, {}")):
        if method.startswith(start):
            return said.format(method.removeprefix(start).upper())
    return _METHODS.get(method, method.replace("_", " "))


def _outcome_words(outcome: str) -> str:
    return _OUTCOMES.get(outcome, outcome.replace("_", " ").capitalize())


def backtest_said(view: RunView) -> str:
    """Say when the run was back-tested and how to read what follows, or that it was not."""
    entry = view.manifest.get("backtest") or {}
    if entry.get("status") == "run":
        when = words.date_words(str(entry["date"]))
        return (
            f"Back-test of {when}, on the same settings and files. In the first tenth of the areas:"
        )
    return "Not run: whether this list beats counting last year's crimes has not been tested."


def backtest_verdicts(view: RunView) -> tuple[str, ...]:
    """Return what beat what in the first tenth of the areas."""
    return _verdicts(view, "verdicts", ", a tenth of the areas: ")


def backtest_other_ways(view: RunView) -> tuple[str, ...]:
    """Return the same for a tenth of the residents and of the land."""
    return _verdicts(view, "other_ways", ", ")


def _verdicts(view: RunView, name: str, start: str) -> tuple[str, ...]:
    """Return sentences of the back-test without the date that stands above them."""
    entry = view.manifest.get("backtest") or {}
    said = f"Back-test of {entry.get('date')}{start}"
    texts = (str(text).removeprefix(said) for text in entry.get(name) or ())
    return tuple(f"{text[:1].upper()}{text[1:]}" for text in texts)


def backtest_tables(tables: JudgementTables) -> tuple[Table, ...]:
    """Return, for each outcome, what each method would have caught in the first areas."""
    table = tables.backtest
    if table.empty:
        return ()
    table = table[table["by"] == "number"]
    found = []
    for outcome, part in table.groupby("outcome", sort=False):
        rows = []
        for method, own in part.groupby("method", sort=False):
            at = {round(float(row["share"]), 4): row for row in own.to_dict("records")}
            tenth: Mapping[Any, Any] = at.get(_SHARES[2], {})
            rows.append(
                (
                    _method_words(str(method)),
                    *(_caught(at.get(share, {})) for share in _SHARES),
                    _number(tenth, "pai", 1),
                )
            )
        first = part.iloc[0]
        origins = words.plural(int(first["origins"]), "starting month")
        found.append(
            Table(
                f"{_outcome_words(str(outcome))}: share caught in the first areas, with 95% "
                f"interval; {origins}, {float(first['events']):,.0f} in all",
                ("Chosen by", *(f"First {share:.0%}" for share in _SHARES), "PAI at 10%"),
                tuple(rows),
                (False, *(True,) * 5),
            )
        )
    return tuple(found)


def _caught(row: Mapping[Any, Any]) -> str:
    if not row or pd.isna(row["capture"]):
        return "not known"
    text = f"{row['capture']:.1%}"
    low, high = row.get("capture_lo"), row.get("capture_hi")
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return text
    return f"{text} ({100 * low:.1f} to {100 * high:.1f})"


# Who lives where areas are flagged, and what is expected next


def equity_tables(tables: JudgementTables, priority: str) -> tuple[Table, ...]:
    """Return, for each kind of group, its share among all residents and those of flagged areas."""
    rows = _of(tables.equity, priority)
    if rows.empty:
        return ()
    found = []
    for kind, part in rows.groupby("kind", sort=False):
        cells = tuple(
            (
                _text(row["group"]),
                _percent(row, "population_share"),
                _percent(row, "flagged_population_share"),
                _text(row.get("note")) or f"{_number(row, 'ratio', 2)}",
            )
            for row in part.to_dict("records")
        )
        found.append(
            Table(
                f"{_KINDS.get(str(kind), str(kind).capitalize())}: residents of flagged areas "
                "against all residents (ratio 1: as many as their share)",
                ("Group", "Of all residents", "Of those in flagged areas", "Ratio"),
                cells,
                (False, True, True, True),
            )
        )
    return tuple(found)


def forecast_said(view: RunView) -> tuple[str, ...]:
    """Return what the expected events are of, how they were learned, and what to beware of."""
    entry = view.manifest.get("forecast") or {}
    if not entry:
        return ("Expected events of the coming months are not in this run.",)
    first, last = (str(month) for month in entry["trained_on"])
    areas = int(entry["areas"])
    around = ", the ring among them" if areas > len(view.areas) else ""
    learned = (
        f"Expected events are of the {int(entry['horizon_months'])} months after "
        f"{words.month_words(last)}, learned from {words.period_words(first, last)} over "
        f"{words.plural(areas, 'area')}{around}. Method: {entry['method']}."
    )
    said = [learned]
    if not entry.get("seasonal"):
        said.append(
            "No seasonal factors were supplied: the level assumes the season of the months that "
            "it was learned from."
        )
    said += [
        f"{text[:1].upper()}{text[1:]}"
        for warning in entry.get("warnings") or ()
        if (text := str(warning).removeprefix("forecast: ")) and "season" not in text
    ]
    return tuple(said)


def driver_tables(tables: JudgementTables) -> tuple[Table, ...]:
    """Return the drivers of each outcome's forecast, the greatest first."""
    if tables.forecast.empty:
        return ()
    found = []
    for outcome, part in tables.forecast.groupby("outcome", sort=False):
        ordered = part.sort_values("importance", ascending=False, kind="stable")
        more = max(len(ordered) - _MOST_DRIVERS, 0)
        cells = tuple(
            (
                _driver_words(str(row["driver"])),
                f"{_percent(row, 'importance')} ± {100 * float(row['importance_sd']):.1f}",
                _text(row["direction"]),
            )
            for row in ordered.head(_MOST_DRIVERS).to_dict("records")
        )
        left_out = f"; {more} lesser ones in forecast.csv" if more else ""
        found.append(
            Table(
                f"{_outcome_words(str(outcome))}: share of expected events that would lie "
                f"elsewhere if a driver were shuffled among areas{left_out}",
                ("Driver", "Moved", "More of it"),
                cells,
                (False, True, False),
            )
        )
    return tuple(found)


def _driver_words(driver: str) -> str:
    text = INDICATOR_WORDS.get(driver) or words.category_words(driver)
    return text[:1].upper() + text[1:]
