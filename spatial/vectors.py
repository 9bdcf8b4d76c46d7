"""Vector files behind one guarded reader: GeoPackage, GeoJSON, Shapefile and GeoParquet.

GDAL sees a GeoPackage or a Shapefile only after its content was compared with its name; GeoJSON
and GeoParquet never reach GDAL.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import pyproj
import pyproj.network
import shapely

from spatial.errors import Fault, InputError
from spatial.files import check_magic, nearest

__all__ = ["MAX_FEATURES", "read_vector"]

BRITISH_NATIONAL_GRID: Final = "EPSG:27700"
MAX_FEATURES: Final = 2_000_000
MAX_TEXT_BYTES: Final = 1 << 30
MAX_PARQUET_BYTES: Final = 4 << 30
# EPSG:27700, urn:ogc:def:crs:EPSG::27700, http://www.opengis.net/def/crs/EPSG/0/27700, OGC:CRS84.
_CRS_NAME: Final = re.compile(
    r"(?:urn:ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?(?:EPSG|OGC)[:/][\w.]*[:/]?\w+",
    re.IGNORECASE,
)
_NOT_A_FEATURE: Final = (
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    shapely.GEOSException,
)
# Great Britain with its seas in metres of EPSG:27700, generously.
_PLAUSIBLE: Final = (-200_000.0, -200_000.0, 900_000.0, 1_500_000.0)


def read_vector(path: Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read a vector file into EPSG:27700, after checking that it is what its name says.

    Parameters
    ----------
    path
        `.gpkg`, `.geojson`, `.json`, `.shp`, `.parquet` or `.geoparquet`.
    layer
        Layer of a GeoPackage. Needed only where it holds more than one.

    Returns
    -------
    GeoDataFrame
        Coordinates in metres. `attrs["notes"]` is a tuple of sentences on what was done, such as
        a reprojection; it goes into the manifest.

    Raises
    ------
    InputError
        Content that is not what the extension says, no or a wrong CRS, too many rows, an unknown
        layer, an empty file.
    """
    check_magic(path)
    suffix = path.suffix.lower()
    if layer is not None and suffix != ".gpkg":
        raise InputError(
            Fault(f"layer {layer!r} given, but only a GeoPackage has layers", file=path.name)
        )
    if suffix == ".gpkg":
        frame = _read_geopackage(path, layer)
    elif suffix in {".geojson", ".json"}:
        frame = _read_geojson(path)
    elif suffix == ".shp":
        frame = _read_shapefile(path)
    elif suffix in {".parquet", ".geoparquet"}:
        frame = _read_geoparquet(path)
    else:
        raise InputError(
            Fault(
                f"{suffix} holds no polygons; use .gpkg, .geojson, .shp or .parquet", file=path.name
            )
        )
    if len(frame) == 0:
        raise InputError(Fault("holds no features", file=path.name))
    return _to_national_grid(frame, path.name)


def _read_geopackage(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    import pyogrio  # noqa: PLC0415  # GDAL loads only when a file needs it

    chosen, rows = _geopackage_layer(path, layer)
    _check_rows(rows, path.name)
    try:
        # IMMUTABLE: no lock, no journal, no write-ahead log; nothing in the file can be changed.
        frame = pyogrio.read_dataframe(path, layer=chosen, use_arrow=True, IMMUTABLE="YES")
    except Exception as problem:  # pyogrio has no common base class for what GDAL reports
        raise _unreadable(path, problem) from problem
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(Fault(f"layer {chosen!r} has no geometry column", file=path.name))
    return frame


def _geopackage_layer(path: Path, layer: str | None) -> tuple[str, int]:
    """Choose the layer and count its rows through an immutable connection.

    A view or a virtual table could run functions of its author's choice when read, so only plain
    tables are accepted. Triggers run on writing alone, which this connection cannot do.
    """
    journal = path.with_name(f"{path.name}-wal")
    if journal.exists() and journal.stat().st_size > 0:
        # An immutable connection would read the file as it was before those changes.
        raise InputError(
            Fault(
                f"has unfinished changes in {journal.name}; close it in QGIS or what else has it "
                "open, then run again",
                file=path.name,
            )
        )
    uri = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as db:
            db.execute("pragma trusted_schema = off")
            kinds: dict[str, tuple[str, str]] = {
                name: (kind, (sql or "").lower())
                for name, kind, sql in db.execute("select name, type, sql from sqlite_master")
                if kind in {"table", "view"}
            }
            if kinds.get("gpkg_contents", ("", ""))[0] != "table":
                raise InputError(Fault("is an SQLite file but not a GeoPackage", file=path.name))
            for name, (_, sql) in kinds.items():
                if sql.startswith("create virtual table") and "using rtree" not in sql:
                    raise InputError(
                        Fault(f"holds a virtual table {name!r}, which is not read", file=path.name)
                    )
            layers = [
                str(name)
                for (name,) in db.execute(
                    "select table_name from gpkg_contents where data_type = 'features' "
                    "order by table_name"
                )
            ]
            chosen = _choose_layer(path.name, layers, layer)
            if kinds.get(chosen, ("", ""))[0] != "table":
                raise InputError(
                    Fault(f"layer {chosen!r} is a view; export it as a table", file=path.name)
                )
            quoted = chosen.replace('"', '""')
            (rows,) = db.execute(f'select count(*) from "{quoted}"').fetchone()  # noqa: S608
    except (sqlite3.DatabaseError, UnicodeDecodeError) as problem:
        raise _unreadable(path, problem) from problem
    return chosen, int(rows)


def _choose_layer(shown_as: str, layers: list[str], layer: str | None) -> str:
    listed = ", ".join(repr(name) for name in layers) or "none"
    if layer is None:
        if len(layers) != 1:
            raise InputError(
                Fault(f"holds {len(layers)} layers ({listed}); name one", file=shown_as)
            )
        return layers[0]
    if layer in layers:
        return layer
    close = nearest(layer, layers)
    hint = f"did you mean {close!r}?" if close else f"it holds {listed}"
    raise InputError(Fault(f"no layer {layer!r}; {hint}", file=shown_as, field="layer"))


def _read_shapefile(path: Path) -> gpd.GeoDataFrame:
    import pyogrio  # noqa: PLC0415  # GDAL loads only when a file needs it

    try:
        _check_rows(int(pyogrio.read_info(path)["features"]), path.name)
        frame = pyogrio.read_dataframe(path, use_arrow=True)
    except InputError:
        raise
    except Exception as problem:  # pyogrio has no common base class for what GDAL reports
        raise _unreadable(path, problem) from problem
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(Fault("has no geometry", file=path.name))
    return frame


def _read_geojson(path: Path) -> gpd.GeoDataFrame:
    """Read GeoJSON (RFC 7946; the older `crs` member is honoured) without GDAL."""
    name = path.name
    if path.stat().st_size > MAX_TEXT_BYTES:
        raise InputError(Fault("is over 1 GiB; use a GeoPackage", file=name))
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        raise InputError(
            Fault(f"is not UTF-8: byte {problem.start} cannot be read", file=name)
        ) from problem
    except json.JSONDecodeError as problem:
        raise InputError(
            Fault(f"is not JSON: {problem.msg}", file=name, line=problem.lineno)
        ) from problem
    except ValueError as problem:  # a whole number of thousands of digits
        raise InputError(Fault(f"is not JSON that can be read: {problem}", file=name)) from problem
    except RecursionError as problem:
        raise InputError(Fault("is nested too deeply", file=name)) from problem
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise InputError(
            Fault(f"is {document.get('type')!r}, not a GeoJSON FeatureCollection", file=name)
        )
    _check_rows(len(features), name)
    crs = _geojson_crs(document, name)
    geometries = []
    properties: list[dict[str, Any]] = []
    for number, feature in enumerate(features, start=1):
        try:
            shape = feature.get("geometry")
            geometries.append(None if shape is None else shapely.geometry.shape(shape))
            properties.append(dict(feature.get("properties") or {}))
        except _NOT_A_FEATURE as problem:
            raise InputError(
                Fault(f"feature {number} cannot be read: {problem}", file=name)
            ) from problem
    return gpd.GeoDataFrame(
        properties, geometry=gpd.GeoSeries(np.array(geometries, dtype=object), crs=crs)
    )


def _geojson_crs(document: dict[str, Any], name: str) -> str:
    member = document.get("crs")
    if member is None:
        return "OGC:CRS84"
    unknown = Fault(
        f"its crs member {json.dumps(member)[:120]} is not known", file=name, field="crs"
    )
    try:
        declared = str(member["properties"]["name"])
    except (KeyError, TypeError) as problem:
        raise InputError(unknown) from problem
    # Only names of registers: PROJ's own strings can name files to be opened.
    if not _CRS_NAME.fullmatch(declared):
        raise InputError(unknown)
    try:
        pyproj.CRS.from_user_input(declared)
    except pyproj.exceptions.CRSError as problem:
        raise InputError(unknown) from problem
    return declared


def _read_geoparquet(path: Path) -> gpd.GeoDataFrame:
    import pyarrow as pa  # noqa: PLC0415  # only where the format is used
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(path) as file:
            footer = file.metadata
            # A few kilobytes can unfold to any number of equal rows: believe the footer and stop.
            _check_rows(footer.num_rows, path.name)
            size = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
        _check_bytes(size, path.name)
        return gpd.read_parquet(path)
    except (pa.ArrowException, ValueError, OSError, pyproj.exceptions.CRSError) as problem:
        raise _unreadable(path, problem) from problem


def _check_rows(rows: int, name: str) -> None:
    if rows > MAX_FEATURES:
        raise InputError(
            Fault(
                f"holds {rows:,} rows; the limit is {MAX_FEATURES:,}: "
                "supply the areas of the study and its neighbours only",
                file=name,
            )
        )


def _check_bytes(size: int, name: str) -> None:
    if size > MAX_PARQUET_BYTES:
        raise InputError(Fault(f"unfolds to {size:,} bytes; the limit is 4 GiB", file=name))


def _unreadable(path: Path, problem: Exception) -> InputError:
    text = str(problem).strip().splitlines()
    why = text[0].replace(str(path), path.name) if text else type(problem).__name__
    return InputError(Fault(f"cannot be read: {why}", file=path.name))


def _to_national_grid(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Reproject to EPSG:27700 and check that the numbers fit the declared system."""
    if frame.crs is None:
        raise InputError(
            Fault(
                "has no coordinate reference system; save it again with one "
                "(British National Grid is EPSG:27700)",
                file=name,
                field="crs",
            )
        )
    bounds = shapely.total_bounds(frame.geometry.to_numpy())
    if not np.isfinite(bounds).all():
        raise InputError(Fault("holds no coordinates, or some that are not numbers", file=name))
    _check_declared(frame.crs, bounds, name)
    epsg = frame.crs.to_epsg(min_confidence=20)
    if epsg == 27700:
        notes: tuple[str, ...] = ()
        grid = frame.set_crs(BRITISH_NATIONAL_GRID, allow_override=True)
    else:
        shown = "EPSG:4326" if epsg in {4326, None} and frame.crs.is_geographic else f"EPSG:{epsg}"
        if epsg is None and not frame.crs.is_geographic:
            shown = frame.crs.name
        notes = (f"{name}: reprojected from {shown} to {BRITISH_NATIONAL_GRID}",)
        # Transformation grids are never fetched: no request leaves the machine.
        pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]
        grid = frame.to_crs(BRITISH_NATIONAL_GRID)
        bounds = shapely.total_bounds(grid.geometry.to_numpy())
    left, bottom, right, top = _PLAUSIBLE
    inside = bounds[0] >= left and bounds[1] >= bottom and bounds[2] <= right and bounds[3] <= top
    if not (np.isfinite(bounds).all() and inside):
        raise InputError(
            Fault(
                f"its coordinates lie outside Great Britain ({_extent(bounds)} in EPSG:27700); "
                "the declared coordinate reference system is probably wrong",
                file=name,
                field="crs",
            )
        )
    grid.attrs["notes"] = notes
    return grid


def _extent(bounds: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    return f"x {bounds[0]:.6g} to {bounds[2]:.6g}, y {bounds[1]:.6g} to {bounds[3]:.6g}"


def _check_declared(
    crs: pyproj.CRS, bounds: np.ndarray[Any, np.dtype[np.float64]], name: str
) -> None:
    """Refuse metres under a CRS of degrees, degrees under metres, and swapped degrees."""
    in_degrees = abs(bounds[[0, 2]]).max() <= 180 and abs(bounds[[1, 3]]).max() <= 90
    if crs.is_geographic and not in_degrees:
        raise InputError(
            Fault(
                f"is longitude and latitude by its CRS, but holds {_extent(bounds)}: this looks "
                "like British National Grid; declare EPSG:27700 in the file",
                file=name,
                field="crs",
            )
        )
    if crs.is_geographic and bounds[0] > 40 and bounds[3] < 20:
        raise InputError(
            Fault(f"longitude and latitude are swapped ({_extent(bounds)})", file=name, field="crs")
        )
    if crs.is_projected and in_degrees:
        raise InputError(
            Fault(
                f"is {crs.name} (metres) by its CRS, but holds {_extent(bounds)}: this looks like "
                "longitude and latitude; declare EPSG:4326 in the file",
                file=name,
                field="crs",
            )
        )
