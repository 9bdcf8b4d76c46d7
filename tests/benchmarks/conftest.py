"""What the benchmarks are run on: the real open data. Without it there is nothing to measure."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from spatial.contiguity import contiguity
from spatial.points import to_national_grid
from spatial.weights import Neighbours

REPOSITORY = Path(__file__).resolve().parents[2]


class Map(NamedTuple):
    """Areas with their graph and one value each."""

    areas: gpd.GeoDataFrame
    graph: Neighbours
    values: np.ndarray


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the open data files."""
    folder = Path(os.environ.get("HOTSPOTS_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the benchmarks need the real data: set HOTSPOTS_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def population(data: Path) -> pd.Series:
    """Residents of every area of England and Wales, 2021."""
    table = pd.read_csv(data / "population" / "census2021-ts001-lsoa.csv")
    total = next(name for name in table.columns if name.endswith("measures: Value"))
    return table.set_index("geography code")[total].astype(float)


@pytest.fixture(scope="session")
def nation(data: Path, population: pd.Series) -> Map:
    """All 35,672 areas of England and Wales, with the density of residents."""
    areas = gpd.read_file(data / "boundaries" / "LSOA_2021_EW_BSC.gpkg")
    areas = areas.set_index("LSOA21CD").sort_index()
    values = np.log(population.reindex(areas.index) / areas.geometry.area)
    return Map(areas, contiguity(areas), values.to_numpy())


@pytest.fixture(scope="session")
def force(data: Path, population: pd.Series) -> Map:
    """The 463 areas of the Dorset police force area, with the density of residents."""
    wards = pd.read_csv(data / "lookups" / "LSOA21_to_WD24_to_LAD24_EW.csv")
    codes = wards.loc[wards["LAD24CD"].isin(["E06000058", "E06000059"]), "LSOA21CD"]
    layer = data / "boundaries" / "LSOA_2021_Dorset_and_neighbours_BGC.gpkg"
    areas = gpd.read_file(layer).set_index("LSOA21CD").loc[sorted(set(codes))]
    areas["geometry"] = areas.geometry.make_valid()
    values = np.log(population.reindex(areas.index) / areas.geometry.area)
    return Map(areas, contiguity(areas), values.to_numpy())


def points_of(archive: Path, *, months: tuple[str, ...], most: int) -> tuple[np.ndarray, ...]:
    """Return eastings and northings of the first located rows of an archive."""
    kept: list[pd.DataFrame] = []
    with zipfile.ZipFile(archive) as members:
        for name in sorted(members.namelist()):
            if not name.endswith("-street.csv") or not any(month in name for month in months):
                continue
            with members.open(name) as member:
                rows = pd.read_csv(member, usecols=["Longitude", "Latitude"]).dropna()
            kept.append(rows)
            if sum(map(len, kept)) >= most:
                break
    rows = pd.concat(kept).iloc[:most]
    return to_national_grid(rows["Longitude"].to_numpy(), rows["Latitude"].to_numpy())


@pytest.fixture(scope="session")
def million(data: Path) -> tuple[np.ndarray, ...]:
    """A million recorded map points of England and Wales, repeated as they are published."""
    return points_of(
        data / "incidents" / "england-wales-2025-q2.zip", months=("2025-",), most=1_000_000
    )


@pytest.fixture(scope="session")
def events(data: Path) -> tuple[np.ndarray, ...]:
    """19,000 recorded map points of Dorset, first half of 2025."""
    months = tuple(f"2025-0{month}" for month in range(1, 7))
    return points_of(data / "incidents" / "dorset.zip", months=months, most=19_000)
