"""QGIS styles (QML), so that a GeoPackage opens with the classes and outlines of the map."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from dashboards.exports.palette import (
    CHANGES,
    CLASSES,
    DEFAULT_BREAKS,
    HOTSPOT,
    INK,
    MISSING,
    OUTLINE,
    class_labels,
)

__all__ = ["areas_style", "density_style", "hotspots_style", "layer_styles", "ratio_style"]

_HEAD = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_LINE_MM = "0.15"


def areas_style(manifest: Mapping[str, Any]) -> str:
    """Return the QML of the areas layer: score classes, no score, and an outline where flagged.

    Rule based, so that the class and the flag of an area show together; the rules of the other
    priorities are in the same style, switched off, and ticked in the layer panel.
    """
    keys = list(manifest["priorities"])
    rules: list[str] = []
    symbols: list[tuple[str, str]] = []
    for key in keys:
        settings = manifest["priorities"][key]
        breaks = tuple(settings.get("breaks") or DEFAULT_BREAKS)
        inner = []
        for words, filter_, symbol in _score_rules(key, breaks):
            inner.append(_rule(words, filter_, str(len(symbols))))
            symbols.append((str(len(symbols)), symbol))
        label = f"{key.upper()} {settings.get('title', '')}".strip()
        shown = "1" if key == keys[0] else "0"
        rules.append(
            f"<rule label={quoteattr(label)} key={quoteattr(key)} checkstate={quoteattr(shown)}>"
            f"{''.join(inner)}</rule>"
        )
    return _qml(
        f'<renderer-v2 type="RuleRenderer" symbollevels="0" forceraster="0">'
        f'<rules key="areas">{"".join(rules)}</rules>'
        f"<symbols>{''.join(_symbol(name, inside) for name, inside in symbols)}</symbols>"
        "</renderer-v2>"
    )


def hotspots_style() -> str:
    """Return the QML of a hot-spot layer: a dashed outline, almost no fill."""
    inside = _fill(HOTSPOT, HOTSPOT, width="0.6", alpha=30, dash="dash")
    return _qml(
        '<renderer-v2 type="singleSymbol" symbollevels="0" forceraster="0">'
        f"<symbols>{_symbol('0', inside)}</symbols></renderer-v2>"
    )


def density_style(highest: float) -> str:
    """Return the QML of a density raster: light to dark in five steps up to `highest`."""
    top = highest if highest > 0 else 1.0
    return _ramp(top, (0.0, 0.05, 0.2, 0.5, 1.0), CLASSES, highest=top)


def ratio_style(middle: float) -> str:
    """Return the QML of a raster of ratios: blue under `middle`, white at it, red above.

    From half to twice of it; below and above, the colour of the end.
    """
    at = middle if middle > 0 and math.isfinite(middle) else 1.0
    return _ramp(at, (0.5, 0.8, 1.0, 1.25, 2.0), CHANGES, highest=2.0 * at)


def _ramp(unit: float, shares: Sequence[float], colours: Sequence[str], *, highest: float) -> str:
    items = "".join(
        f'<item value="{unit * share:.6g}" color="{colour}" alpha="255" '
        f'label="{unit * share:.4g}"/>'
        for share, colour in zip(shares, colours, strict=True)
    )
    return (
        f'{_HEAD}<qgis styleCategories="Symbology"><pipe>'
        f'<rasterrenderer type="singlebandpseudocolor" band="1" opacity="0.85" '
        f'classificationMin="{unit * shares[0]:.6g}" classificationMax="{highest:.6g}">'
        f'<rastershader><colorrampshader colorRampType="INTERPOLATED" classificationMode="1">'
        f"{items}</colorrampshader></rastershader></rasterrenderer></pipe></qgis>\n"
    )


def layer_styles(layers: Iterable[str], manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the QML of each layer by its name: `areas`, and any other as hot spots."""
    return {name: areas_style(manifest) if name == "areas" else hotspots_style() for name in layers}


def _score_rules(key: str, breaks: Sequence[float]) -> list[tuple[str, str, str]]:
    field = f'"{key}_score"'
    lows: list[float | None] = [None, *breaks]
    highs: list[float | None] = [*breaks, None]
    rules = []
    for words, colour, low, high in zip(class_labels(breaks), CLASSES, lows, highs, strict=True):
        parts = [f"{field} IS NOT NULL"]
        parts += [f"{field} >= {low:g}"] if low is not None else []
        parts += [f"{field} < {high:g}"] if high is not None else []
        rules.append((words, " AND ".join(parts), _fill(colour, OUTLINE, width=_LINE_MM)))
    rules.append(("no score", f"{field} IS NULL", _fill(MISSING, OUTLINE, width=_LINE_MM)))
    rules.append(("flagged", f'"{key}_flag"', _outline(INK)))
    return rules


def _qml(renderer: str) -> str:
    return (
        f'{_HEAD}<qgis styleCategories="Symbology" version="3.34.0">{renderer}'
        "<layerGeometryType>2</layerGeometryType></qgis>\n"
    )


def _rule(label: str, filter_: str, symbol: str) -> str:
    return (
        f"<rule label={quoteattr(label)} filter={quoteattr(filter_)} "
        f"symbol={quoteattr(symbol)} key={quoteattr('r' + symbol)}/>"
    )


def _symbol(name: str, inside: str) -> str:
    return (
        f'<symbol type="fill" name={quoteattr(name)} alpha="1" clip_to_extent="1" '
        f'force_rhr="0">{inside}</symbol>'
    )


def _fill(colour: str, line: str, *, width: str, alpha: int = 255, dash: str = "solid") -> str:
    return (
        '<layer class="SimpleFill" enabled="1" locked="0" pass="0"><Option type="Map">'
        + _option("color", _rgba(colour, alpha))
        + _option("style", "solid")
        + _option("outline_color", _rgba(line))
        + _option("outline_style", dash)
        + _option("outline_width", width)
        + _option("outline_width_unit", "MM")
        + "</Option></layer>"
    )


def _outline(colour: str) -> str:
    """Black on white, as on the other maps: it shows on every class."""
    return "".join(
        '<layer class="SimpleLine" enabled="1" locked="0" pass="1"><Option type="Map">'
        + _option("line_color", _rgba(line))
        + _option("line_style", "solid")
        + _option("line_width", width)
        + _option("line_width_unit", "MM")
        + "</Option></layer>"
        for line, width in (("#FFFFFF", "1.4"), (colour, "0.8"))
    )


def _option(name: str, value: str) -> str:
    return f'<Option type="QString" name="{name}" value="{value}"/>'


def _rgba(colour: str, alpha: int = 255) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"{red},{green},{blue},{alpha}"
