"""What a run can answer in its public record of the data that it used (fields 2.4.2.8 to 2.4.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboards.exports.known import Known
from dashboards.exports.wording import cautions, gaps
from dashboards.words import indicator_name

__all__ = ["DATA_ANSWERS"]


def _inputs(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(manifest["inputs"])


def _datasets(manifest: Mapping[str, Any]) -> Known:
    files = "; ".join(str(entry["path"]) for entry in _inputs(manifest))
    return Known(f"{files}.", ("inputs",))


def _purposes(manifest: Mapping[str, Any]) -> Known:
    files = "; ".join(
        f"{entry['path']}: {str(entry['role']).replace('.', ', ')}" for entry in _inputs(manifest)
    )
    return Known(f"{files}. No file trains the scores.", ("inputs",))


def _source_names(manifest: Mapping[str, Any]) -> Known:
    return Known(" ".join(f"{line}." for line in manifest["attribution"]), ("attribution",))


def _modality(_manifest: Mapping[str, Any]) -> Known:
    return Known("Tables and geography (polygons of areas, anonymous map points).")


def _data_description(manifest: Mapping[str, Any]) -> Known:
    roles = sorted({str(entry["role"]).split(".")[0] for entry in _inputs(manifest)})
    return Known(
        "Police-recorded incidents by month, category and anonymous map point, and official "
        f"figures of small areas. Roles of the files: {', '.join(roles)}.",
        ("inputs",),
    )


def _quantities(manifest: Mapping[str, Any]) -> Known:
    ledger = {str(reason): int(rows) for reason, rows in manifest["ledger"].items()}
    return Known(
        f"{sum(ledger.values()):,} incident rows read, {ledger.get('used', 0):,} used, over "
        f"{len(manifest['period']['months'])} months and {manifest['area']['study']:,} areas. No "
        "split into training and test data: the scores are not learned.",
        ("ledger", "period", "area"),
    )


def _sensitive(manifest: Mapping[str, Any]) -> Known:
    used = [
        indicator_name(name)
        for name in dict.fromkeys(
            name for entry in manifest["priorities"].values() for name in entry["indicators"]
        )
        if "deprivation" in name or name.startswith("imd")
    ]
    equity = ": see equity.csv" if "equity.csv" in manifest["outputs"] else ""
    proxies = f" Indicators that go with protected characteristics: {', '.join(used)}." * bool(used)
    return Known(
        f"No names, no characteristics of any person.{proxies} Where people live goes with "
        f"ethnicity, age and income{equity}.",
        ("priorities", "outputs"),
    )


def _completeness(manifest: Mapping[str, Any]) -> Known:
    coverage = manifest.get("coverage") or {}
    asked = len(manifest["period"]["months"])
    short = [
        f"{force}: {sum(months.values())} of {asked} months"
        for force, months in sorted(coverage.items())
        if sum(months.values()) < asked
    ]
    unlocated = sum(int(entry["unlocated"]) for entry in manifest.get("unlocated", ()))
    parts = [f"Months short of data: {'; '.join(short) or 'none'}.", gaps(manifest)]
    parts.append(f"Rows without a location: {unlocated:,}.")
    parts += cautions(manifest)[1:]
    return Known(" ".join(part for part in parts if part), ("coverage", "period", "unlocated"))


def _collection(_manifest: Mapping[str, Any]) -> Known:
    return Known(
        "Incidents were recorded by police forces in their work and published monthly after "
        "locations were moved to anonymous map points; they show reporting and where officers "
        "look as well as crime. Official statistics were collected for general use."
    )


def _cleaning(manifest: Mapping[str, Any]) -> Known:
    parts = ", ".join(
        f"{str(reason).replace('_', ' ')} {int(rows):,}"
        for reason, rows in manifest["ledger"].items()
        if int(rows)
    )
    return Known(f"Every row is accounted for by reason: {parts}.", ("ledger",))


def _access(manifest: Mapping[str, Any]) -> Known:
    return Known(
        f"Handling marking on every page and file: {manifest['handling'] or 'none'}. Files stay "
        "on the machine of the user; counts below the neighbourhood are kept apart and never "
        "served.",
        ("handling",),
    )


DATA_ANSWERS: Mapping[str, Callable[[Mapping[str, Any]], Known]] = {
    "2.4.2.8": _datasets,
    "2.4.2.9": _purposes,
    "2.4.3.1": _source_names,
    "2.4.3.2": _modality,
    "2.4.3.3": _data_description,
    "2.4.3.4": _quantities,
    "2.4.3.5": _sensitive,
    "2.4.3.6": _completeness,
    "2.4.3.8": _collection,
    "2.4.3.9": _cleaning,
    "2.4.3.11": _access,
}
