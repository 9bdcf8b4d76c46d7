"""A run as pictures: map layers, their classes and legends, contribution bars. Imports no Dash."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from dashboards import words
from dashboards.area_story import AreaStory
from dashboards.exports import palette
from dashboards.method_words import correction_said, side_tested
from dashboards.state import ViewState
from dashboards.view import RunView, matching, part_of

__all__ = [
    "LAYERS",
    "Bar",
    "Classed",
    "LegendEntry",
    "MapLayer",
    "available_layers",
    "bars",
    "chosen_layer",
    "classed",
    "map_values",
    "within",
]

PALE: Final = "#F8F8F6"
TIER_COLOURS: Final = {
    "Strong": palette.CLASSES[4],
    "Supported": palette.CLASSES[3],
    "Watch": palette.CLASSES[2],
    "Not evidenced": PALE,
}
CLUSTER_COLOURS: Final = {
    "High-High": "#801650",
    "High-Low": "#F46A25",
    "Low-High": "#A285D1",
    "Low-Low": "#28A197",
    "Not significant": PALE,
}
_RANK_CUTS: Final = (5.0, 10.0, 20.0, 50.0)
_RELATIVE_CUTS: Final = (0.5, 1.0, 1.5, 2.0)
_SHARE_CUTS: Final = (0.2, 0.4, 0.6, 0.8)
_CHANCE_CUTS: Final = (0.2, 0.5, 0.8, 0.95)


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One class of a map: its words, its colour and how many areas are in it."""

    text: str
    colour: str
    areas: int


@dataclass(frozen=True, slots=True)
class Classed:
    """A layer put into classes: a class number an area (-1 missing), and what classes mean."""

    codes: pd.Series[int]
    legend: tuple[LegendEntry, ...]
    missing: int
    text: pd.Series[str]
    note: str


@dataclass(frozen=True, slots=True)
class MapLayer:
    """One thing the map can be coloured by."""

    id: str
    title: str
    help: str
    missing_reason: str
    column: str
    classify: Callable[[RunView, str, pd.Series[Any]], Classed]


def _numbers(values: pd.Series[Any]) -> pd.Series[float]:
    return pd.to_numeric(values, errors="coerce").astype(float)


def _by_cuts(
    values: pd.Series[float],
    cuts: Sequence[float],
    labels: Sequence[str],
    *,
    text: pd.Series[str],
    note: str,
    darkest_first: bool = False,
) -> Classed:
    """Put numbers into five classes; a value on a cut belongs to the class above it."""
    present = values.notna().to_numpy()
    codes = np.full(len(values), -1)
    side: Literal["left", "right"] = "left" if darkest_first else "right"
    codes[present] = np.searchsorted(np.asarray(cuts), values.to_numpy()[present], side=side)
    colours = palette.CLASSES[::-1] if darkest_first else palette.CLASSES
    legend = tuple(
        LegendEntry(label, colour, int((codes == place).sum()))
        for place, (label, colour) in enumerate(zip(labels, colours, strict=True))
    )
    series = pd.Series(codes, index=values.index)
    return Classed(series, legend, int((~present).sum()), text, note)


def _range_labels(cuts: Sequence[float], say: Callable[[float], str]) -> list[str]:
    inner = [f"{say(a)} to under {say(b)}" for a, b in itertools.pairwise(cuts)]
    return [f"under {say(cuts[0])}", *inner, f"{say(cuts[-1])} or more"]


def score_breaks(view: RunView, priority: str) -> tuple[float, ...]:
    """Return the four inner breaks of the score that the manifest fixes, or the default ones."""
    given = view.manifest["priorities"][priority].get("breaks") or ()
    cuts = tuple(float(cut) for cut in given)
    if len(cuts) == 6:
        cuts = cuts[1:-1]
    if len(cuts) != 4 or any(a >= b for a, b in itertools.pairwise(cuts)):
        return palette.DEFAULT_BREAKS
    return cuts


def _score(view: RunView, priority: str, values: pd.Series[Any]) -> Classed:
    numbers = _numbers(values)
    cuts = score_breaks(view, priority)
    return _by_cuts(
        numbers,
        cuts,
        _range_labels(cuts, lambda cut: f"{cut:g}"),
        text=numbers.map(lambda value: f"score {words.number(value, 1)}"),
        note="Score from 0 to 100. Breaks are the same in every run.",
    )


def _relative(view: RunView, _priority: str, values: pd.Series[Any]) -> Classed:
    """Class a rate by how it stands to the rate of the whole study area's residents."""
    numbers = _numbers(values)
    residents = _numbers(view.areas["population"])
    known = numbers.notna() & (residents > 0)
    total = float(residents[known].sum())
    mean = float((numbers[known] * residents[known]).sum()) / total if total else float("nan")
    cuts = [cut * mean for cut in _RELATIVE_CUTS]
    if not np.isfinite(mean) or mean <= 0:
        numbers = pd.Series(np.nan, index=values.index)
        cuts = list(_RELATIVE_CUTS)
    words_of = ("under half the average", "half to the average", "up to 1½ times", "up to twice")
    return _by_cuts(
        numbers,
        cuts,
        (*words_of, "twice or more"),
        text=numbers.map(lambda value: f"{words.number(value, 1)} per 1,000 a year"),
        note=f"Average of the study area: {words.number(mean, 1)} per 1,000 residents a year.",
    )


def _chance(_view: RunView, _priority: str, values: pd.Series[Any]) -> Classed:
    numbers = _numbers(values)
    return _by_cuts(
        numbers,
        _CHANCE_CUTS,
        _range_labels(_CHANCE_CUTS, lambda cut: f"{cut:.0%}"),
        text=numbers.map(lambda value: f"{words.percent(value)} sure"),
        note="Probability that the area's true rate is above the average of the study area.",
    )


def _share(_view: RunView, _priority: str, values: pd.Series[Any]) -> Classed:
    numbers = _numbers(values)
    return _by_cuts(
        numbers,
        _SHARE_CUTS,
        _range_labels(_SHARE_CUTS, lambda cut: f"{cut:.0%}"),
        text=numbers.map(lambda value: f"{words.percent(value)} of its offences"),
        note="Map points are anonymous: listed by area, never by street.",
    )


def _stratum_rank(_view: RunView, _priority: str, values: pd.Series[Any]) -> Classed:
    numbers = _numbers(values)
    return _by_cuts(
        numbers,
        _RANK_CUTS,
        ("1 to 5", "6 to 10", "11 to 20", "21 to 50", "51 or lower"),
        text=numbers.map(lambda value: f"rank {words.number(value)} among its kind"),
        note="Urban areas are ranked among urban, rural areas among rural.",
        darkest_first=True,
    )


def _fifths(_view: RunView, _priority: str, values: pd.Series[Any]) -> Classed:
    numbers = _numbers(values)
    place = numbers.rank(pct=True, ascending=True) - 0.5 / max(int(numbers.notna().sum()), 1)
    labels = (
        "least deprived fifth",
        "second fifth",
        "middle fifth",
        "fourth fifth",
        "most deprived fifth",
    )
    return _by_cuts(
        place,
        _SHARE_CUTS,
        labels,
        text=numbers.map(lambda value: f"deprivation {words.number(value, 1)}"),
        note="Fifths of the study area's own areas.",
    )


def _named(
    values: pd.Series[Any], colours: dict[str, str], say: Callable[[str], str], note: str
) -> Classed:
    """Class words; a word without a colour is missing, and its reason is the word itself."""
    text = values.astype("object").where(values.notna(), "").astype(str)
    names = list(colours)
    codes = text.map({name: place for place, name in enumerate(names)}).fillna(-1).astype(int)
    legend = tuple(
        LegendEntry(say(name), colours[name], int((codes == place).sum()))
        for place, name in enumerate(names)
    )
    said = text.map(lambda name: say(name) if name else "no result")
    return Classed(codes, legend, int((codes == -1).sum()), said, note)


def _tier(_view: RunView, _priority: str, values: pd.Series[Any]) -> Classed:
    note = "Strong and Supported areas are flagged."
    return _named(values, TIER_COLOURS, str, note)


def _cluster(view: RunView, _priority: str, values: pd.Series[Any]) -> Classed:
    corrected = correction_said(view.manifest)
    how = f", {corrected[:1].lower()}{corrected[1:]}" if corrected else ""
    return _named(
        values,
        CLUSTER_COLOURS,
        lambda name: words.cluster_words(name, side_tested(view.manifest)),
        f"Local Moran's I of the rate{how}. One strand of evidence; it never chooses an area by "
        "itself.",
    )


_NO_RESIDENTS: Final = "no residents counted, so no rate"
LAYERS: Final[tuple[MapLayer, ...]] = (
    MapLayer("score", "Score", words.HELP["score"], "no score", "{p}_score", _score),
    MapLayer("tier", "Strength of evidence", words.HELP["tier"], "no tier", "{p}_tier", _tier),
    MapLayer("rate", "Recorded rate", words.HELP["rate"], _NO_RESIDENTS, "{p}_rate", _relative),
    MapLayer(
        "smoothed_rate",
        "Smoothed rate",
        words.HELP["eb_rate"],
        _NO_RESIDENTS,
        "{p}_eb_rate",
        _relative,
    ),
    MapLayer(
        "excess",
        "Chance of being above average",
        words.HELP["p_rr_gt_1"],
        _NO_RESIDENTS,
        "{p}_p_rr_gt_1",
        _chance,
    ),
    MapLayer(
        "cluster",
        "Clusters",
        words.HELP["lisa_cluster"],
        "not tested: no neighbours or no rate",
        "{p}_lisa_cluster",
        _cluster,
    ),
    MapLayer(
        "stratum_rank",
        "Rank among urban or rural areas",
        words.HELP["rank_in_stratum"],
        "no urban or rural class",
        "{p}_rank_in_stratum",
        _stratum_rank,
    ),
    MapLayer(
        "density",
        "Share within point concentrations",
        words.HELP["density_share"],
        "no located offences",
        "{p}_density_share",
        _share,
    ),
    MapLayer(
        "deprivation",
        "Deprivation (no crime domain)",
        words.HELP["deprivation"],
        "no published deprivation score",
        "deprivation_without_crime",
        _fifths,
    ),
)


def _values(view: RunView, layer: MapLayer, priority: str) -> pd.Series[Any] | None:
    column = layer.column.format(p=priority)
    if view.has(column):
        return view.areas[column]
    table = view.contributions
    table = table[table["indicator"] == column]
    # Any priority's value will do where this one does not use the indicator.
    own = table[table["priority"] == priority]
    own = (table if own.empty else own).drop_duplicates("area_code")
    if own.empty:
        return None
    return own.set_index("area_code")["value"].reindex(view.areas.index)


def available_layers(view: RunView, priority: str) -> tuple[MapLayer, ...]:
    """Return the layers that this run has figures for."""
    return tuple(layer for layer in LAYERS if _values(view, layer, priority) is not None)


def chosen_layer(view: RunView, priority: str, layer_id: str) -> MapLayer:
    """Return the layer of that id, or the first one where the run has none of that id."""
    offered = available_layers(view, priority)
    return next((layer for layer in offered if layer.id == layer_id), offered[0])


def classed(view: RunView, priority: str, layer: MapLayer) -> Classed:
    """Put a layer of a run into the classes of its legend."""
    values = _values(view, layer, priority)
    if values is None:
        raise ValueError(f"run {view.run_id} has no figures for the layer {layer.id}")
    return layer.classify(view, priority, values)


def within(result: Classed, codes: pd.Index) -> Classed:
    """Return the part of a classed layer that some areas make up, its classes counted anew."""
    kept = result.codes.loc[codes]
    legend = tuple(
        replace(entry, areas=int((kept == place).sum()))
        for place, entry in enumerate(result.legend)
    )
    return replace(
        result,
        codes=kept,
        legend=legend,
        missing=int((kept == -1).sum()),
        text=result.text.loc[codes],
    )


def map_values(view: RunView, priority: str, state: ViewState) -> dict[str, Any]:
    """Return what colours the map: classes and words by area code, never a shape.

    ``classes`` maps area codes to class numbers (-1 missing), ``colours`` lists the classes'
    colours, ``faded`` the codes that the filters leave out, ``flagged`` those with an outline.
    """
    whole = classed(view, priority, chosen_layer(view, priority, state.layer))
    part = part_of(view, state.force)
    result = within(whole, part.areas.index)
    passes = matching(part, stratum=state.stratum, query=state.query)
    flags = part.areas[f"{priority}_flag"].fillna(value=False).astype(bool)
    ranks = _numbers(part.areas[f"{priority}_rank"])
    return {
        "classes": {str(code): int(place) for code, place in result.codes.items()},
        "colours": [entry.colour for entry in result.legend],
        "text": {str(code): text for code, text in result.text.items()},
        "ranks": {str(code): int(rank) for code, rank in ranks.items() if np.isfinite(rank)},
        "faded": [str(code) for code in passes.index[~passes]],
        "flagged": [str(code) for code in flags.index[flags]],
    }


@dataclass(frozen=True, slots=True)
class Bar:
    """One contribution as a bar: lengths are shares of the longest bar of the chart."""

    label: str
    text: str
    length: float
    mean_length: float


def bars(story: AreaStory) -> tuple[Bar, ...]:
    """Return the contributions of an area as bars on one common scale, longest first."""
    longest = max(
        (max(abs(driver.points), abs(driver.mean_points)) for driver in story.drivers), default=0.0
    )
    return tuple(
        Bar(
            label=driver.label,
            text=f"{driver.points:.1f} points ({driver.share:.0%}); "
            f"average {driver.mean_points:.1f}",
            length=max(driver.points, 0.0) / longest if longest else 0.0,
            mean_length=max(driver.mean_points, 0.0) / longest if longest else 0.0,
        )
        for driver in story.drivers
    )
