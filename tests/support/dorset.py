"""Dorset Council from the real files, without our readers: areas, people, recorded violence."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd


def layer(real_data: Path) -> gpd.GeoDataFrame:
    """The areas of Dorset and around it, by code."""
    found = gpd.read_file(
        real_data / "boundaries" / "LSOA_2021_Dorset_and_neighbours_BGC.gpkg"
    ).set_index("LSOA21CD")
    found["geometry"] = found.geometry.make_valid()
    return found


def council(real_data: Path) -> list[str]:
    """The codes of the council's own areas, sorted."""
    wards = pd.read_csv(real_data / "lookups" / "LSOA21_to_WD24_to_LAD24_EW.csv")
    return sorted(wards.loc[wards["LAD24CD"] == "E06000059", "LSOA21CD"])


def residents(real_data: Path) -> pd.Series:
    """Usual residents of England and Wales, by code."""
    return pd.read_csv(real_data / "population" / "census2021-ts001-lsoa.csv", index_col=2).iloc[
        :, -1
    ]


def violence(real_data: Path) -> pd.DataFrame:
    """Violence and sexual offences of January to June 2025, a row each."""
    with zipfile.ZipFile(real_data / "incidents" / "dorset.zip") as archive:
        names = [name for name in archive.namelist() if Path(name).name.startswith("2025-0")]
        rows = pd.concat([pd.read_csv(archive.open(name)) for name in sorted(names)])
    return rows[rows["Crime type"] == "Violence and sexual offences"]
