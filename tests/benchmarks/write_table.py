"""Write the measured part of docs/benchmarks.md from what pytest-benchmark stored.

python tests/benchmarks/write_table.py benchmark.json docs/benchmarks.md
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PEERS = {
    "esda": "esda",
    "pygeoda": "pygeoda",
    "sklearn": "scikit-learn",
    "kdepy": "KDEpy",
    "geopandas": "geopandas",
    "libpysal": "libpysal",
    "main_job": "the main job",
}
PACKAGES = (
    *("numpy", "scipy", "shapely", "esda", "numba", "pygeoda", "scikit-learn", "KDEpy"),
    *("geopandas", "libpysal"),
)


@dataclass(frozen=True)
class Row:
    """One piece of work with what has to be reached: times as fast as peers, seconds, GB."""

    group: str
    times: dict[str, float] = field(default_factory=dict)
    seconds: float | None = None
    gigabytes: float | None = None


ROWS = (
    Row("local Moran, 463 areas, 99,999 permutations", {"esda": 50, "pygeoda": 5}, 0.1),
    Row("local Moran, 35,672 areas, 9,999 permutations", {"esda": 1_000, "pygeoda": 60}),
    Row("local Moran, 35,672 areas, 99,999 permutations", {}, 1.0),
    Row("density of 19,000 events on 632 x 903 cells of 100 m", {"sklearn": 50, "kdepy": 1}),
    Row("point in area, 1,000,000 points, 35,672 areas", {"geopandas": 3}),
    Row("the same, no point repeated", {"geopandas": 0}),
    Row("which of 35,672 areas touch", {"libpysal": 0}),
    Row("cold start to published run, Dorset Council, six months", {"main_job": 0}, 6.0, 1.0),
    Row("cold start to published run, England and Wales, one quarter", {}, 60.0, 3.0),
    *(
        Row(
            f"whatif.rescore after a change of {change}, 463 areas, 200 draws, 99,999 permutations",
            {"main_job": 0},
            0.15,
        )
        for change in ("weight", "offences", "period")
    ),
    Row("the same after a change of offences, with every explanation in words"),
)


def read(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, dict[str, Any]]]]:
    """Return the machine, and for each group and contender what was measured."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    groups: dict[str, dict[str, dict[str, Any]]] = {}
    for entry in stored["benchmarks"]:
        name = entry["name"]
        who = next((peer for peer in PEERS if name.endswith(f"_{peer}")), "ours")
        key = who if who != "ours" or name.endswith("_ours") else name
        groups.setdefault(entry["group"], {})[key] = {
            "seconds": entry["stats"]["min"] * entry["extra_info"].get("times", 1),
            "rounds": entry["stats"]["rounds"],
            "param": entry.get("param"),
        } | entry["extra_info"]
    return stored, groups


def seconds(value: float) -> str:
    """Write a time with three figures and its unit."""
    if value < 1.0:
        return f"{1e3 * value:.3g} ms"
    return f"{value:,.3g} s" if value < 1_000 else f"{value:,.0f} s"


def ratio(value: float) -> str:
    """Write how many times as fast, with two or three figures."""
    return f"{value:,.0f}x" if value >= 10 else f"{value:.1f}x"


def row_of(row: Row, found: dict[str, dict[str, Any]]) -> str:
    """Write one line of the table, with "no" for each part that was not reached."""
    ours = found.get("ours")
    reach, measured, missed = [], [], []
    if ours is None:
        return f"| {row.group} | | not measured | | |"
    for peer, least in row.times.items():
        if least:
            reach.append(f"{least:g}x {PEERS[peer]}")
        if peer not in found:
            measured.append(f"{PEERS[peer]} not measured")
            continue
        other = found[peer]
        note = f" (one cell in {other['times']}, scaled)" if "times" in other else ""
        times = other["seconds"] / ours["seconds"]
        measured.append(f"{ratio(times)} {PEERS[peer]} ({seconds(other['seconds'])}{note})")
        if times < least:
            missed.append(PEERS[peer])
    if row.seconds is not None:
        reach.append(f"under {seconds(row.seconds)}")
        if ours["seconds"] >= row.seconds:
            missed.append("time")
    if row.gigabytes is not None:
        reach.append(f"under {row.gigabytes:g} GB")
        measured.append(f"peak {ours['peak_gb']:.2f} GB")
        if ours["peak_gb"] >= row.gigabytes:
            missed.append("memory")
    verdict = ("no: " + ", ".join(missed)) if missed else ("yes" if reach else "")
    return (
        f"| {row.group} | {seconds(ours['seconds'])} | {'; '.join(measured)} | "
        f"{'; '.join(reach)} | {verdict} |"
    )


def table(stored: dict[str, Any], groups: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Write the machine, the table of the targets and the tables of growth."""
    machine = stored["machine_info"]
    cpu = machine.get("cpu", {})
    lines = [
        f"Measured on {stored['datetime'][:10]}: {cpu.get('brand_raw', machine['machine'])}, "
        f"{cpu.get('count', '?')} logical processors, {machine['system']}, "
        f"Python {machine['python_version']}; "
        + ", ".join(f"{name} {found}" for name in PACKAGES if (found := installed(name)))
        + ".",
        "",
        "| work | ours | against peers in the same run | reach | reached |",
        "| --- | --- | --- | --- | --- |",
        *(row_of(row, groups.get(row.group, {})) for row in ROWS),
    ]
    for group, found in groups.items():
        if group.startswith(("growth", "the machine")):
            lines += ["", f"{group[0].upper()}{group[1:]}:", ""]
            for name, entry in found.items():
                label = f"{int(entry['param']):,}: " if entry["param"] else ""
                lines.append(f"- {label or name.removeprefix('bench_') + ': '}"
                             f"{seconds(entry['seconds'])}")  # fmt: skip
    return "\n".join(lines)


def installed(name: str) -> str:
    """Return the version of a package, or nothing."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def main() -> None:
    """Put the tables between the two marks of the document."""
    source, target = map(Path, sys.argv[1:3])
    text = target.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    made = table(*read(source))
    target.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
