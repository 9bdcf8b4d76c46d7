"""How sure the lists of a run are and what they hang on, as tables of Markdown."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.exports.backtest_words import markdown
from risk_model.run_store import PublishedRun

__all__ = ["changes_table", "rank_table", "weights_table"]

_TIERS = ("Strong", "Supported", "Watch", "Not evidenced")


def rank_table(run: PublishedRun) -> str:
    """Return how far the ranks of each priority's list reach, and how many areas are beside it."""
    areas = run.areas()
    rows = []
    for key, priority in run.manifest["priorities"].items():
        size = int(priority["list_size"])
        listed = areas[areas[f"{key}_rank"] <= size]
        others = areas[areas[f"{key}_rank"] > size]
        width = listed[f"{key}_rank_hi"] - listed[f"{key}_rank_lo"] + 1
        tiers = areas[f"{key}_tier"].value_counts()
        rows.append(
            [
                key.upper(),
                f"{size} of {len(areas)}",
                _median(width),
                _median(listed[f"{key}_rank_hi"]),
                f"{int((listed[f'{key}_p_top'] >= 0.8).sum())}",
                f"{int((others[f'{key}_p_top'] >= 0.05).sum())}",
                _median(listed[f"{key}_p_top"], 2),
                _median(listed[f"{key}_p_top_crime_only"], 2),
                ", ".join(f"{tiers.get(name, 0)} {name.lower()}" for name in _TIERS),
            ]
        )
    return markdown(
        [
            "priority",
            "list",
            "ranks an area may have, median of the list",
            "worst rank, median",
            "listed with chance .8 or more",
            "off the list with chance .05 or more",
            "chance, median of the list",
            "the same, crime alone",
            "tiers",
        ],
        rows,
    )


def _median(values: pd.Series, digits: int = 0) -> str:
    known = values.dropna()
    return f"{known.median():.{digits}f}" if len(known) else "not stated"


def weights_table(run: PublishedRun) -> str:
    """Return what each weight is meant to do and does; why there is none, where there is none."""
    if "sensitivity.csv" not in run.manifest["outputs"]:
        return "The run has no `sensitivity.csv`."
    table = pd.read_csv(run.path("sensitivity.csv"))
    rows = [
        [
            str(row.priority).upper(),
            f"`{row.indicator}`",
            _figure(row.nominal_weight),
            _figure(row.effective_weight),
            f"{_figure(row.sobol_first)} ± {_figure(row.sobol_first_conf)}",
            f"{_figure(row.sobol_total)} ± {_figure(row.sobol_total_conf)}",
            _figure(row.left_out_rank_change, 1),
            f"{row.left_out_enters:.0f}",
        ]
        for row in table.itertuples()
    ]
    headers = [
        "priority",
        "indicator",
        "weight",
        "effective weight",
        "Sobol, first",
        "Sobol, total",
        "left out: mean rank change",
        "left out: areas that enter",
    ]
    return markdown(headers, rows)


def _figure(value: Any, digits: int = 2) -> str:
    return f"{value:z.{digits}f}" if pd.notna(value) else "none"


def changes_table(run: PublishedRun) -> str:
    """Return how many areas enter the lists under each changed judgement."""
    if "list_changes.csv" not in run.manifest["outputs"]:
        return "The run has no `list_changes.csv`."
    table = pd.read_csv(run.path("list_changes.csv"), keep_default_na=False)
    keys = list(run.manifest["priorities"])
    entering = table[table["change"] == "enters"].groupby(["scenario", "priority"]).size()
    tried = set(zip(table["scenario"], table["priority"], strict=True))
    rows = [
        [
            str(scenario),
            *(
                f"{int(entering.get((scenario, key), 0))}" if (scenario, key) in tried else ""
                for key in keys
            ),
        ]
        for scenario in dict.fromkeys(table["scenario"])
    ]
    return markdown(["changed", *(f"{key.upper()}: areas that enter" for key in keys)], rows)
