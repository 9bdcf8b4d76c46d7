"""What the columns of one run hold, as its settings made them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dashboards.exports.columns import Column, describe
from dashboards.method_words import neighbours_said, side_tested, smoothing_said

__all__ = ["columns_of", "titles"]

_BOTH = "two-sided"
_MORAN_SIDES = {
    "greater": "one-sided (greater): only areas like their neighbours are looked for",
    "less": "one-sided (less): only areas unlike their neighbours are looked for",
}
_GI_SIDES = {
    "greater": "one-sided (greater): only hot spots are looked for",
    "less": "one-sided (less): only cold spots are looked for",
}
_LABELS = {
    _BOTH: "High-High: high among high. High-Low: stands alone.",
    "greater": "High-High: high among high; Low-Low: low among low; no other is looked for.",
    "less": "High-Low: stands alone; Low-High: low among high; no other is looked for.",
}
_HOT = "3, 2, 1 a hot spot at 99, 95, 90 % confidence"
_COLD = "-3, -2, -1 a cold spot"
_RARE = "With under one event an area none is called cold."
_BINS = {
    _BOTH: f"Gi* bin: {_HOT}; {_COLD}; 0 neither. {_RARE}",
    "greater": f"Gi* bin: {_HOT}; 0 none. Cold spots are not looked for.",
    "less": f"Gi* bin: {_COLD} at 99, 95, 90 % confidence; 0 none. Hot spots are not looked for. "
    f"{_RARE}",
}


_RARE_LABELS = "With under one event an area only High-High is named."


def titles(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the title of each priority by its key."""
    return {
        key: str(settings.get("title") or key) for key, settings in manifest["priorities"].items()
    }


def columns_of(
    names: Iterable[str],
    *,
    table: str,
    manifest: Mapping[str, Any],
    empty: Iterable[str] = (),
) -> list[Column]:
    """Return the description of each column of a run's table, in the order given.

    Parameters
    ----------
    manifest
        Of the run: its settings say which side was tested, how p-values were corrected, how rates
        were smoothed. A run that recorded no settings gets the general words.
    empty
        Columns of the table that hold nothing, which is said of them.
    """
    found = describe(names, table=table, titles=titles(manifest), instead=_of_settings(manifest))
    blank = set(empty)
    return [
        replace(one, description=f"{one.description} Empty throughout in this run.")
        if one.name in blank
        else one
        for one in found
    ]


def _of_settings(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return what hangs on settings, by the full name of the column."""
    settings = (manifest.get("config") or {}).get("statistics") or {}
    if not {"alpha", "permutations", "smoothing"} <= set(settings):
        return {}
    tested = (manifest.get("statistics") or {}).get("tested_variable") or {}
    said: dict[str, str] = {}
    for key in manifest["priorities"]:
        words = _tests(settings, side_tested(manifest))
        words["eb_rate"] = smoothing_said(manifest)
        words["lisa_i"] = (
            f"Of the {tested.get(key, 'tested figure')}: above 0 where an area is like its "
            f"neighbours, below 0 where it is unlike them. {neighbours_said(manifest)}"
        )
        said |= {f"{key}_{name}": text.strip() for name, text in words.items()}
    return said


def _tests(settings: Mapping[str, Any], side: str) -> dict[str, str]:
    """Return what the columns of local Moran's I and Gi* hold."""
    level = f"{float(settings['alpha']):g}"
    maps = f"on {int(settings['permutations']):,} chance maps"
    if settings.get("engine") == "esda":
        maps += " of the esda library"
    rare = "With under one event an area none is named." if side == "less" else _RARE_LABELS
    plain = settings.get("correction") == "none"
    bar = f"p-value, which is not corrected, is at most {level}"
    corrected = "The p-value corrected for testing every area (Benjamini and Hochberg)."
    q = "The p-value again: it is not corrected for testing every area." if plain else corrected
    return {
        "lisa_p": (
            "Pseudo p-value of local Moran's I, before any correction for many tests; "
            f"{_MORAN_SIDES.get(side, _BOTH)}; {maps}."
        ),
        "lisa_q": q,
        "lisa_cluster": (
            f"{_LABELS.get(side, _LABELS[_BOTH])} Only where the "
            f"{bar if plain else f'q-value is at most {level}'}; else Not significant, No "
            f"neighbours or Not testable. {rare}"
        ),
        "gi_p": (
            "Pseudo p-value of Gi*, before any correction for many tests; "
            f"{_GI_SIDES.get(side, _BOTH)}; {maps}. The strand cluster_raw needs at most 0.05 of "
            f"it, or {level} of the cluster p-value."
        ),
        "gi_q": q,
        "gi_bin": (
            f"{_BINS.get(side, _BINS[_BOTH])} By the "
            f"{'p-value, which is not corrected.' if plain else 'corrected figure.'}"
        ),
    }
