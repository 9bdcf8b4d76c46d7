"""Writers: equal values give equal bytes, and no cell can become a formula."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.errors import InputError, StatisticsError

__all__ = [
    "guard_formula",
    "write_csv",
    "write_geopackage",
    "write_geoparquet",
    "write_geotiff",
    "write_parquet",
]

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_BAD_CELL: Final = re.compile(r"\A[=+\-@\t\r\n]|\r")
_FIXED_DATE: Final = "2000-01-01T00:00:00.000Z"
_STYLES_TABLE: Final = """
create table layer_styles (
  id integer primary key autoincrement not null,
  f_table_catalog text(256), f_table_schema text(256), f_table_name text(256),
  f_geometry_column text(256), styleName text(30), styleQML text, styleSLD text,
  useAsDefault boolean, description text, owner text(30), ui text(30),
  update_time datetime default (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)
"""


def guard_formula(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula (case 38).

    Text that begins with `= + - @`, tab, carriage return or line feed gets a leading apostrophe.
    Anything that is not text is returned as it is.
    """
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return cell


def _cell(cell: object) -> object:
    """Guard a cell; a carriage return becomes a line feed, which the CSV writer puts in quotes.

    Left bare it would begin a new row in a spreadsheet, with whatever follows as its first cell.
    """
    guarded = guard_formula(cell)
    if isinstance(guarded, str) and "\r" in guarded:
        return guarded.replace("\r\n", "\n").replace("\r", "\n")
    return guarded


def _digits(column: pd.Series) -> pd.Series:
    """Return floats as text of 9 significant digits, ten times faster than pandas does."""
    # A negative zero would print as -0.
    values = (column.to_numpy(dtype=np.float64, na_value=np.nan) + 0.0).tolist()
    # NaN alone is not equal to itself.
    text = ["%.9g" % value if value == value else None for value in values]  # noqa: PLR0124, UP031
    return pd.Series(text, index=column.index, dtype=object)


def _guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with guarded text, the index as a column where it has a name."""
    named = any(name is not None for name in frame.index.names)
    flat = frame.reset_index() if named else frame.reset_index(drop=True)
    columns: dict[str, Any] = {}
    for position, name in enumerate(flat.columns):
        column = flat.iloc[:, position]
        if pd.api.types.is_bool_dtype(column.dtype):
            pass
        elif pd.api.types.is_float_dtype(column.dtype):
            column = _digits(column)
        elif not pd.api.types.is_numeric_dtype(column.dtype):
            cells = column.astype(object).tolist()
            if any(isinstance(cell, str) and _BAD_CELL.search(cell) for cell in cells):
                column = column.astype(object).map(_cell, na_action="ignore")
        columns[str(_cell(str(name)))] = column
    return pd.DataFrame(columns, index=flat.index)


def write_csv(frame: pd.DataFrame, path: Path, *, bom: bool = False) -> None:
    """Write a CSV: UTF-8, LF, one header row, floats to 9 significant digits, NaN blank.

    Parameters
    ----------
    frame
        A named index becomes the first column; an unnamed one is left out.
    path
        File to write.
    bom
        Begin with a byte-order mark, so that Excel reads UTF-8.
    """
    text = _guarded(frame).to_csv(
        index=False, lineterminator="\n", na_rep="", date_format="%Y-%m-%d"
    )
    path.write_bytes(("\ufeff" if bom else "").encode() + text.encode("utf-8"))


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write Parquet (zstd); a named index is kept as a column."""
    named = any(name is not None for name in frame.index.names)
    flat = frame.reset_index() if named else frame.reset_index(drop=True)
    flat.to_parquet(path, engine="pyarrow", compression="zstd", index=False)


def write_geoparquet(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write GeoParquet 1.1 (zstd, bounding-box column); a named index is kept as a column."""
    named = any(name is not None for name in frame.index.names)
    flat = frame.reset_index() if named else frame.reset_index(drop=True)
    flat.to_parquet(
        path, compression="zstd", index=False, schema_version="1.1.0", write_covering_bbox=True
    )


def write_geopackage(
    layers: Mapping[str, gpd.GeoDataFrame],
    path: Path,
    *,
    styles: Mapping[str, str] | None = None,
) -> None:
    """Write layers into a new GeoPackage that QGIS opens styled.

    Parameters
    ----------
    layers
        Layer name to frame. A named index becomes a column. Written in the order given.
    path
        File to write; an existing one is replaced.
    styles
        Layer name to QGIS style (QML text), stored as that layer's default in `layer_styles`.

    Raises
    ------
    InputError
        For a style of a layer that is not written.

    Notes
    -----
    Dates inside the file are fixed, so that equal layers give equal bytes.
    """
    import pyogrio  # noqa: PLC0415  # GDAL loads only when a file is written

    unknown = sorted(set(styles or {}) - set(layers))
    if unknown:
        raise InputError(_fault(path, f"style for {unknown[0]!r}, which is not a layer"))
    path.unlink(missing_ok=True)
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_DATE})
    try:
        for number, (name, frame) in enumerate(layers.items()):
            named = any(level is not None for level in frame.index.names)
            flat = frame.reset_index() if named else frame.reset_index(drop=True)
            pyogrio.write_dataframe(
                _plain_columns(flat),
                path,
                layer=name,
                driver="GPKG",
                append=number > 0,
                geometry_type=_geometry_type(flat),
                promote_to_multi=True,
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
    if styles:
        _write_styles(path, {name: styles[name] for name in layers if name in styles})


def _fault(path: Path, message: str) -> Any:
    from spatial.errors import Fault  # noqa: PLC0415  # only on the way out

    return Fault(message, file=path.name)


def _plain_columns(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame whose columns GDAL can hold: categories and periods become text."""
    plain = frame.copy()
    for name in plain.columns:
        if name == plain.geometry.name:
            continue
        kind = plain[name].dtype
        if isinstance(kind, (pd.CategoricalDtype, pd.PeriodDtype)):
            plain[name] = plain[name].astype("str")
    return plain


def _geometry_type(frame: gpd.GeoDataFrame) -> str:
    kinds = set(frame.geometry.geom_type.dropna())
    if kinds <= {"Polygon", "MultiPolygon"}:
        return "MultiPolygon"
    if kinds <= {"Point", "MultiPoint"}:
        return "MultiPoint"
    if kinds <= {"LineString", "MultiLineString"}:
        return "MultiLineString"
    return "Unknown"


def _write_styles(path: Path, styles: Mapping[str, str]) -> None:
    """Add the table from which QGIS takes a layer's default style."""
    with closing(sqlite3.connect(path)) as db, db:
        geometry = dict(
            db.execute("select table_name, column_name from gpkg_geometry_columns").fetchall()
        )
        db.execute(_STYLES_TABLE)
        db.execute(
            "insert into gpkg_contents (table_name, data_type, identifier, description, "
            "last_change, srs_id) values ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
            (_FIXED_DATE,),
        )
        db.executemany(
            "insert into layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
            "update_time) values ('', '', ?, ?, ?, ?, '', 1, '', '', ?)",
            [(name, geometry[name], name[:30], qml, _FIXED_DATE) for name, qml in styles.items()],
        )


def write_geotiff(
    grid: NDArray[np.floating[Any]],
    transform: Sequence[float],
    path: Path,
    *,
    nodata: float = float("nan"),
    unit: str = "",
    description: str = "",
) -> None:
    """Write one band of float32 as a compressed GeoTIFF in EPSG:27700.

    Parameters
    ----------
    grid
        Shape (rows, columns), the first row northernmost.
    transform
        Six numbers (a, b, c, d, e, f) of the affine transform from column and row to metres:
        cell width, 0, left edge, 0, minus cell height, top edge. An `Affine` will do.
    path
        File to write.
    nodata
        Value of cells without one.
    unit, description
        What a value is, kept in the file beside it.

    Raises
    ------
    StatisticsError
        Where the grid is not two-dimensional or its rows do not run from north to south.
    """
    import rasterio  # noqa: PLC0415  # its own GDAL loads only when a grid is written
    from rasterio.transform import Affine  # noqa: PLC0415

    values = np.asarray(grid, dtype=np.float32)
    if values.ndim != 2 or 0 in values.shape:
        raise StatisticsError(f"grid: a GeoTIFF needs rows and columns, got shape {values.shape}")
    affine = Affine(*tuple(transform)[:6])
    if affine.e >= 0 or affine.a <= 0:
        raise StatisticsError(
            "transform: rows must run from north to south and columns from west to east "
            f"(cell height below 0, cell width above 0), got {affine.e} and {affine.a}"
        )
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype="float32",
        crs="EPSG:27700",
        transform=affine,
        nodata=nodata,
        compress="deflate",
        predictor=3,
    ) as target:
        target.write(values, 1)
        if unit:
            target.units = (unit,)
        if description:
            target.set_band_description(1, description)
