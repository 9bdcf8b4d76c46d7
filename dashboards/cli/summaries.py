"""What `check` and `run` print at their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from dashboards.cli.console import Console
from dashboards.forces import nations, of_whom
from dashboards.strata import first_within

if TYPE_CHECKING:
    from risk_model.loading import LoadedInputs
    from risk_model.run_store import PublishedRun

__all__ = ["print_check", "print_run"]

_TOP = 10
_WITHIN = 3
_REASONS = {
    "used": "used: located in the study area, in the period",
    "ring": "in the ring around the study area: seen by its statistics, not counted",
    "outside": "outside the study area and its ring",
    "outside_period": "in another month than the period's",
    "unlocated": "without a location: in force totals only",
    "superseded": "an older version of a record that was supplied again",
}


def _print_reasons(console: Console, ledger: pd.DataFrame) -> None:
    totals = ledger.groupby("reason")["rows"].sum()
    order = [
        *(name for name in _REASONS if name in totals),
        *sorted(set(totals.index) - {*_REASONS}),
    ]
    rows = [
        [f"{int(totals[name]):,}", name, _REASONS.get(name, "quarantined: see quarantine.csv")]
        for name in order
    ]
    rows.append([f"{int(totals.sum()):,}", "total", "rows read"])
    console.table(["rows", "reason", "meaning"], rows, right=[0])


def _print_warnings(console: Console, warnings: list[str]) -> None:
    if warnings:
        console.heading(f"{len(warnings)} warning{'s' if len(warnings) != 1 else ''}")
        for warning in warnings:
            console.line(f"- {warning}")


def _print_notes(console: Console, notes: list[str]) -> None:
    if notes:
        console.heading("To know")
        for note in notes:
            console.line(f"- {note}")


def print_check(console: Console, loaded: LoadedInputs) -> None:
    """Print the ledger by file and reason, and the warnings."""
    console.progress("")
    ledger = loaded.incidents.ledger
    console.heading("Ledger")
    console.table(
        ["file", "month", "reason", "rows"],
        [
            [file, month, reason, f"{rows:,}"]
            for file, month, reason, rows in ledger.rows[
                ["file", "month", "reason", "rows"]
            ].to_numpy()
        ],
        right=[3],
    )
    console.heading("Every row accounted for")
    _print_reasons(console, ledger.rows)
    if len(ledger.quarantine):
        console.heading("First quarantined rows")
        # One line each, so that file and line can be copied whole.
        for file, line, field, value, rule in ledger.quarantine.head(_TOP).to_numpy():
            console.line(f"{file}:{line}: {field}: {value!r} ({rule})")
    if loaded.other_sources:
        console.heading("Other sources: rows by reason")
        for source in loaded.other_sources:
            totals = source.ledger.totals().items()
            said = ", ".join(f"{reason} {rows:,}" for reason, rows in totals if rows)
            console.line(f"{source.shown_as}: {said}")
            for file, line, field, value, rule in source.ledger.quarantine.head(_TOP).to_numpy():
                console.line(f"  {file}:{line}: {field}: {value!r} ({rule})")
    _print_warnings(console, list(loaded.warnings))
    _print_notes(console, list(loaded.notes))
    study = loaded.study
    read = len(loaded.warnings)
    order = f" but for {read} warning{'' if read == 1 else 's'} above" if read else ""
    console.heading(
        f"Settings and inputs are in order{order}: {len(study.codes)} areas, "
        f"{len(study.ring)} in the ring, {loaded.period}. Nothing was written."
    )


def _certainty(low: Any, high: Any, chance: Any) -> tuple[str, str]:
    """Say the rank range and the chance of being listed; not stated where there is too little."""
    if pd.isna(low) or pd.isna(high) or pd.isna(chance):
        return "not stated", "not stated"
    return f"{int(low)}-{int(high)}", f"{chance:.0%}"


def _print_hang(console: Console, run: PublishedRun, key: str) -> None:
    """Print what the list hangs on; nothing for a run made before that was worked out."""
    if not {"sensitivity.csv", "list_changes.csv"} <= set(run.manifest["outputs"]):
        return
    table = pd.read_csv(run.path("sensitivity.csv"))
    changes = pd.read_csv(run.path("list_changes.csv"), dtype={"area_code": str})
    weighted = table[(table["priority"] == key) & (table["nominal_weight"] > 0)]
    console.line("Weight as set -> as it works: " + "  ".join(_weights_words(weighted)))
    mine = changes[(changes["priority"] == key) & (changes["change"] != "none")]
    entering = mine[mine["change"] == "enters"].groupby("scenario", sort=False).size()
    tried = changes.loc[changes["priority"] == key, "scenario"].nunique()
    if entering.empty:
        console.line(f"The list stays as it is in all {tried} changes of one judgement.")
    else:
        words = "  ".join(f"{name}: {count}" for name, count in entering.items())
        console.line(
            f"Areas that come onto the list when one judgement changes ({len(entering)} of "
            f"{tried} changes): {words}"
        )


def _weights_words(table: pd.DataFrame) -> list[str]:
    """Return one text an indicator: its weight as set and as it works."""
    names, nominal, effective = (
        table[column].tolist() for column in ("indicator", "nominal_weight", "effective_weight")
    )
    return [
        f"{name} {weight:.2f} -> " + ("unknown" if pd.isna(works) else f"{works:.2f}")
        for name, weight, works in zip(names, nominal, effective, strict=True)
    ]


def print_run(console: Console, run: PublishedRun) -> None:
    """Print areas, rows by reason, the lists, warnings, timings and where the outputs are."""
    from dashboards.exports.wording import list_lines

    console.progress("")
    manifest = run.manifest
    areas = run.areas()
    area = manifest["area"]
    console.heading(
        f"{manifest['name']}, {manifest['period']['start']} to {manifest['period']['end']}: "
        f"{area['study']} areas, {area['ring']} more in the ring"
    )
    _print_reasons(console, run.ledger())
    for key, priority in manifest["priorities"].items():
        console.heading(
            f"{key.upper()} {priority['title']}: {priority['flagged']} of {len(areas)} "
            "neighbourhoods flagged"
        )
        ranked = areas.sort_values(f"{key}_rank", kind="stable").head(_TOP)
        nation, among = nations(areas, key), of_whom(areas, key)
        console.table(
            ["rank", "neighbourhood", "code", "score", "rank range", "chance in list", "tier"],
            [
                [
                    f"{int(row[f'{key}_rank'])} {nation[str(code)]}".strip(),
                    str(row["area_label"]),
                    str(code),
                    f"{row[f'{key}_score']:.1f}",
                    *_certainty(row[f"{key}_rank_lo"], row[f"{key}_rank_hi"], row[f"{key}_p_top"]),
                    str(row[f"{key}_tier"]),
                ]
                for code, row in ranked.iterrows()
                if pd.notna(row[f"{key}_rank"])
            ],
            right=[0, 3, 4, 5],
        )
        _print_hang(console, run, key)
        for line, who in list_lines(areas, key, manifest):
            console.line(f"{line.removesuffix('.')}: {who}" if who else line)
        for kind, first in first_within(areas, key, most=_WITHIN).items():
            named = "; ".join(
                f"{row['area_label']} ({code}, {row[f'{key}_rank']:.0f} {among[str(code)]})"
                for code, row in first.iterrows()
            )
            console.line(f"First among {kind} areas: {named}")
        for label, artefact in zip(ranked["area_label"], ranked["artefact"], strict=True):
            if artefact:
                console.line(f"{label}: {artefact}")
    _print_warnings(console, list(manifest["warnings"]))
    _print_notes(console, list(manifest.get("notes", ())))
    judged = manifest.get("backtest", {})
    if judged.get("status") == "run":
        console.heading(f"Back-test of {judged['date']} with these settings and files: attached")
    elif judged:
        console.heading("Back-test: not run with these settings and files (hotspots backtest)")
    console.heading("Seconds")
    console.line("  ".join(f"{name} {value:.1f}" for name, value in manifest["timings"].items()))
    console.heading(f"Published as {run.run_id}")
    for name in ("map.html", "areas.csv", "areas.gpkg", "README.txt"):
        if name in manifest["outputs"]:
            console.line(f"  {run.path(name)}")
