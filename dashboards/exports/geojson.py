"""GeoJSON as RFC 7946 has it: longitude and latitude, six decimals."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from dashboards.exports.hotspot_layers import read_hotspots
from risk_model.run_store import PublishedRun

__all__ = ["export_geojson", "geojson_text"]

_DECIMALS = 6  # about a tenth of a metre
_DIGITS = 9


def export_geojson(run: PublishedRun, folder: Path) -> list[Path]:
    """Write areas.geojson and hotspots_<priority>.geojson."""
    layers = {"areas": run.areas().sort_index().reset_index()}
    layers |= {f"hotspots_{key}": frame for key, frame in read_hotspots(run).items()}
    paths = []
    for name, frame in layers.items():
        path = folder / f"{name}.geojson"
        path.write_text(geojson_text(frame), encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def geojson_text(frame: gpd.GeoDataFrame) -> str:
    """Return a feature collection, one feature a line; missing values are null."""
    turned = shapely.transform(frame.geometry.to_crs("EPSG:4326").to_numpy(), _round)
    # RFC 7946 wants outer rings anticlockwise.
    shapes = shapely.to_geojson(shapely.orient_polygons(turned))
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    columns = [[_plain(value) for value in table[name].tolist()] for name in table.columns]
    names = [str(name) for name in table.columns]
    features = [
        f'{{"type":"Feature","properties":{_json(dict(zip(names, row, strict=True)))},'
        f'"geometry":{shape}}}'
        for row, shape in zip(zip(*columns, strict=True), shapes, strict=True)
    ]
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _plain(value: object) -> Any:
    if value is None or value is pd.NA:
        return None
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    return value


def _round(coordinates: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    return np.round(coordinates, _DECIMALS)
