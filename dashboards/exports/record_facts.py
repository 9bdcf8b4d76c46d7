"""What a run itself can answer in its public record, each answer with where in the run it stands.

An answer names keys of `manifest.json`; nothing is said here that the run does not hold or that is
not true of every run of this service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboards.exports.known import Known
from dashboards.exports.record_data import DATA_ANSWERS
from dashboards.exports.wording import CAUTIONS, period_words
from dashboards.words import indicator_name

__all__ = ["ANSWERS"]

SERVICE = "CSP Hotspots"


def _titles(manifest: Mapping[str, Any]) -> str:
    return " and ".join(
        f"{key.upper()} ({entry['title']})" for key, entry in manifest["priorities"].items()
    )


def _weight(entry: Any) -> float:
    return float(entry["weight"] if isinstance(entry, Mapping) else entry)


def _weights(manifest: Mapping[str, Any]) -> str:
    lines = []
    for key, entry in manifest["priorities"].items():
        weights = {name: _weight(value) for name, value in entry["indicators"].items()}
        total = sum(weights.values())
        parts = [f"{indicator_name(name)} {weight / total:.0%}" for name, weight in weights.items()]
        lines.append(f"{key.upper()}: {', '.join(parts)}")
    return "; ".join(lines)


def _aims(manifest: Mapping[str, Any]) -> str:
    parts = [
        f"{key.upper()} {entry['title']}" + (f": {entry['aim']}" if entry.get("aim") else "")
        for key, entry in manifest["priorities"].items()
    ]
    return "; ".join(parts)


def _summary(manifest: Mapping[str, Any]) -> Known:
    return Known(
        f"Ranks the {manifest['area']['study']:,} small areas of {manifest['name']} by recorded "
        f"crime, harm and deprivation for {_titles(manifest)}, and says how sure each rank is.",
        ("area", "name", "priorities"),
    )


def _description(manifest: Mapping[str, Any]) -> Known:
    return Known(
        "A partnership uses it to choose neighbourhoods to look at more closely. It puts public "
        f"figures together for each area ({period_words(manifest)}), gives a rank with its range "
        "and the reasons in words, and leaves the decision to people. It describes places, never "
        f"people. Priorities: {_aims(manifest)}.",
        ("period", "priorities"),
    )


def _detail(manifest: Mapping[str, Any]) -> Known:
    config = manifest["config"]
    draws = config.get("uncertainty", {}).get("draws", "several")
    return Known(
        "Incidents are counted by area, month and category and turned into rates that are pulled "
        "towards the average where numbers are small (empirical Bayes). Each indicator is put on "
        f"a scale from 0 to 1 and weighted: {_weights(manifest)}. Scores are drawn again {draws} "
        "times from the uncertainty of counts and weights; ranks carry the range of nine draws in "
        "ten. Tests for clusters, hot spots and point concentrations are separate strands; an "
        "area is flagged only where several strands agree.",
        ("priorities", "config"),
    )


def _scope(manifest: Mapping[str, Any]) -> Known:
    return Known(
        f"Made for: {_aims(manifest)}. Not made for: saying anything of a person, a household or "
        "a street; sending officers in real time; stop and search; measuring police performance; "
        "comparing areas of different police forces without regard to how they record.",
        ("priorities",),
    )


def _benefit(manifest: Mapping[str, Any]) -> Known:
    return Known(_tested(manifest), ("backtest",) if "backtest" in manifest else ())


def _tested(manifest: Mapping[str, Any]) -> str:
    entry = manifest.get("backtest") or {}
    if entry.get("status") == "run":
        verdicts = " ".join(str(verdict) for verdict in entry.get("verdicts") or ())
        return f"Back-test of {entry.get('date')}: {verdicts or 'no method did worse or better.'}"
    return (
        "Back-test: not run. Whether the list beats counting last year's crimes has not been "
        "tested for this run; hotspots backtest does it."
    )


def _alternatives(manifest: Mapping[str, Any]) -> Known:
    # The text of a back-test is long: benefit quotes it, this field says where it stands.
    ran = (manifest.get("backtest") or {}).get("status") == "run"
    found = "What it found stands under 2.2.3 Benefit." if ran else _tested(manifest)
    return Known(
        "The back-test compares the scores with prior counts of the same offences, counts of all "
        f"crime, deprivation alone and equal weights. {found}",
        ("backtest",) if "backtest" in manifest else (),
    )


def _process(_manifest: Mapping[str, Any]) -> Known:
    return Known(
        "It advises: a ranked list with reasons is looked at by people who know the places. "
        "Nothing is decided, sent or changed by the tool itself."
    )


def _information(manifest: Mapping[str, Any]) -> Known:
    lists = ", ".join(
        f"{key.upper()}: list of {entry.get('list_size', 10)}, {entry.get('flagged', 0)} flagged"
        for key, entry in manifest["priorities"].items()
    )
    return Known(
        f"A map and a ranked list for each priority ({lists}) with score, rank and its range, "
        "strength of evidence in words, reasons, warnings and what the data cannot see; the same "
        "as files.",
        ("priorities",),
    )


def _scale(manifest: Mapping[str, Any]) -> Known:
    months = len(manifest["period"]["months"])
    return Known(
        f"One run covers {manifest['area']['study']:,} areas and {months} months "
        f"({period_words(manifest)}).",
        ("area", "period"),
    )


def _review(_manifest: Mapping[str, Any]) -> Known:
    return Known(
        "People decide on every area: a flag is a reason to look, and an area that is not flagged "
        "can be chosen as well. The tool starts nothing by itself."
    )


def _appeals(_manifest: Mapping[str, Any]) -> Known:
    return Known(
        "Every area's page says whom to tell when a result looks wrong, with the run and the area "
        "to quote; a run is kept unchanged and can be made again from the same files."
    )


def _architecture(manifest: Mapping[str, Any]) -> Known:
    libraries = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    return Known(
        "Open-source Python on one machine of the user's: readers of official files, a spatial "
        "engine, a risk model, pages and files. No request leaves the machine. Code "
        f"{manifest['code_version']}; {libraries}.",
        ("code_version", "versions"),
    )


def _maintenance(manifest: Mapping[str, Any]) -> Known:
    months = sorted(
        {
            str(months)
            for entry in manifest["config"].get("priorities", {}).values()
            if (months := (entry.get("list") or {}).get("review_months"))
        }
    )
    review = f" Areas on a list are due for review after {' or '.join(months)} months." * bool(
        months
    )
    return Known(
        "Every refresh is a new run with its own manifest of inputs, settings and versions; "
        f"earlier runs stay readable and can be served again.{review}",
        ("config",),
    )


def _models(manifest: Mapping[str, Any]) -> Known:
    names = [f"Scores of {_titles(manifest)}", "empirical-Bayes rates", "local Moran's I and Gi*"]
    names.append("kernel density")
    keys = ["priorities"]
    if manifest.get("forecast"):
        names.append("expected events of the coming months")
        keys.append("forecast")
    return Known("; ".join(names) + ".", tuple(keys))


def _model_name(manifest: Mapping[str, Any]) -> Known:
    return Known(f"{SERVICE} scores: {_titles(manifest)}.", ("priorities",))


def _model_version(manifest: Mapping[str, Any]) -> Known:
    return Known(
        f"Weights “{manifest['config']['version']}” (settings SHA-256 "
        f"{manifest['config_sha256'][:12]}), code {manifest['code_version']}, run "
        f"{manifest['run_id']}.",
        ("config", "config_sha256", "code_version", "run_id"),
    )


def _model_task(manifest: Mapping[str, Any]) -> Known:
    return Known(
        f"Order {manifest['area']['study']:,} areas by the evidence for each priority.", ("area",)
    )


def _model_input(manifest: Mapping[str, Any]) -> Known:
    return Known(f"Indicators and their shares: {_weights(manifest)}.", ("priorities",))


def _model_output(_manifest: Mapping[str, Any]) -> Known:
    return Known(
        "For each area and priority: score 0 to 100, rank and its range, chance of being on the "
        "list, tier of evidence, contributions of the indicators, reasons in words."
    )


def _model_kind(manifest: Mapping[str, Any]) -> Known:
    kinds = sorted(
        {
            str(entry.get("aggregate", "arithmetic"))
            for entry in manifest["config"].get("priorities", {}).values()
        }
    )
    text = (
        f"Composite indicator: weighted {' or '.join(kinds)} mean of normalised indicators. "
        "Weights are judgements written down with their reasons, not learned from outcomes."
    )
    keys = ["config"]
    if manifest.get("forecast"):
        text += f" Expected events: {manifest['forecast'].get('method')}."
        keys.append("forecast")
    return Known(text, tuple(keys))


def _performance(manifest: Mapping[str, Any]) -> Known:
    tiers = "; ".join(
        f"{key.upper()}: "
        + ", ".join(f"{count:,} {tier}" for tier, count in entry.get("tiers", {}).items())
        for key, entry in manifest["priorities"].items()
        if entry.get("tiers")
    )
    keys = ["priorities", *(["backtest"] if "backtest" in manifest else [])]
    return Known(f"{_tested(manifest)} Tiers of this run: {tiers or 'none'}.", tuple(keys))


def _risks(manifest: Mapping[str, Any]) -> Known:
    config = manifest["config"]
    keys = ["warnings", "config", "priorities"]
    said = [
        "Stigma of places: flags need several strands of evidence, and pages describe places only.",
        "False certainty: a rank carries its range, a list says whom it cannot tell apart.",
    ]
    if (config.get("police_generated") or {}).get("use") == "context":
        said.append(
            "Feedback (patrols find crime that justifies patrols): offences that follow where "
            "officers look are kept out of the scores."
        )
    indicators = {name for entry in manifest["priorities"].values() for name in entry["indicators"]}
    if "deprivation_without_crime" in indicators and "imd" not in indicators:
        said.append("Counting crime twice: the crime domain is taken out of deprivation.")
    if manifest.get("guards"):
        keys.append("guards")
        said.append(
            "Artefacts of recording (a prison, a hospital): known ones keep an area from being "
            "flagged; a rise where an earlier list may have sent people is marked."
        )
    count = len(manifest.get("warnings", ()))
    said += [CAUTIONS[0], f"Warnings of this run: {count}; its data page lists them."]
    return Known(" ".join(said), tuple(keys))


def _const(text: str) -> Callable[[Mapping[str, Any]], Known]:
    return lambda _manifest: Known(text)


ANSWERS: Mapping[str, Callable[[Mapping[str, Any]], Known]] = {
    "0.7": lambda m: Known(
        ", ".join(["crime", "place", *(str(e["title"]) for e in m["priorities"].values())]),
        ("priorities",),
    ),
    "0.9": lambda m: Known(f"{m['created'][:10]}, by run {m['run_id']}", ("created", "run_id")),
    "0.11": lambda m: Known(f"{SERVICE}: {m['name']}", ("name",)),
    "0.14": lambda m: Known(
        f"{m['name']}: {', '.join(map(str, list(m['area'].get('names', {}).values())[:20]))}",
        ("name", "area"),
    ),
    "0.15": _summary,
    "1.1": _const(SERVICE),
    "1.2": _description,
    "2.2.1": _detail,
    "2.2.2": _scope,
    "2.2.3": _benefit,
    "2.2.5": _alternatives,
    "2.3.1": _process,
    "2.3.2": _information,
    "2.3.3": _scale,
    "2.3.4": _review,
    "2.3.6": _appeals,
    "2.4.1.1": _architecture,
    "2.4.1.3": _maintenance,
    "2.4.1.4": _models,
    "2.4.2.1": _model_name,
    "2.4.2.2": _model_version,
    "2.4.2.3": _model_task,
    "2.4.2.4": _model_input,
    "2.4.2.5": _model_output,
    "2.4.2.6": _model_kind,
    "2.4.2.7": _performance,
    **DATA_ANSWERS,
    "2.5.2": _risks,
}
