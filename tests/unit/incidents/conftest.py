"""A made-up county of 16 squares of a kilometre, and files of incidents in it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from spatial.boundaries import Areas
from spatial.crosswalk import Crosswalk
from spatial.incident_sources import IncidentSource
from spatial.incidents import Incidents, read_incidents
from spatial.period import Period
from spatial.study_area import StudyArea

WEST, SOUTH, SIDE = 370_000, 90_000, 1_000
HEADER = [
    "Crime ID",
    "Month",
    "Reported by",
    "Falls within",
    "Longitude",
    "Latitude",
    "Location",
    "LSOA code",
    "LSOA name",
    "Crime type",
    "Last outcome category",
    "Context",
]


@cache
def to_degrees() -> Transformer:
    return Transformer.from_crs(27700, 4326, always_xy=True)


def code_of(number: int) -> str:
    return f"E01900{number:03d}"


@dataclass
class County:
    """Squares 1 to 8 are the study area, 9 to 12 the ring, 13 to 16 lie beyond it."""

    folder: Path
    areas: Areas
    study: StudyArea
    crosswalk: Crosswalk
    sources: list[IncidentSource] = field(default_factory=list)

    def centre(self, number: int, *, east: float = 0.0, north: float = 0.0) -> tuple[float, float]:
        """Easting and northing of the middle of a square, moved by some metres."""
        row, column = divmod(number - 1, 4)
        return WEST + (column + 0.5) * SIDE + east, SOUTH + (row + 0.5) * SIDE + north

    def degrees(self, number: int, *, east: float = 0.0, north: float = 0.0) -> tuple[str, str]:
        """Longitude and latitude of the same, as published: six decimals."""
        longitude, latitude = to_degrees().transform(*self.centre(number, east=east, north=north))
        return f"{longitude:.6f}", f"{latitude:.6f}"

    def row(self, number: int = 1, **changes: str) -> dict[str, str]:
        """One row in a square; other cells as in the keywords, whose blanks are underscores."""
        longitude, latitude = self.degrees(number)
        cells = {
            "Crime ID": "",
            "Month": "2025-01",
            "Reported by": "Made-up Police",
            "Longitude": longitude,
            "Latitude": latitude,
            "LSOA code": code_of(number),
            "LSOA name": f"Made up, {number:03d}A",
            "Crime type": "Burglary",
        }
        return cells | {key.replace("_", " "): value for key, value in changes.items()}

    def csv(self, rows: Sequence[Mapping[str, str]], header: Sequence[str] = HEADER) -> bytes:
        out = io.StringIO()
        writer = csv.DictWriter(out, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode()

    def add(
        self,
        content: bytes | Sequence[Mapping[str, str]],
        name: str = "2025-01-made-up-street.csv",
        **options: Any,
    ) -> Path:
        """Write a file of its own folder and list it as a source; later calls are listed later."""
        folder = self.folder / f"source{len(self.sources)}"
        folder.mkdir()
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else self.csv(content))
        self.sources.append(
            IncidentSource(path, f"incidents/{len(self.sources)}/{name}", **options)
        )
        return path

    def add_zip(self, files: Mapping[str, bytes | Sequence[Mapping[str, str]]]) -> None:
        path = self.folder / f"source{len(self.sources)}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                data = content if isinstance(content, bytes) else self.csv(content)
                archive.writestr(name, data)
        self.sources.append(IncidentSource(path, f"incidents/{path.name}"))

    def read(self, period: str = "2025-01:2025-03", **options: Any) -> Incidents:
        """Read every source added so far."""
        settings: dict[str, Any] = {
            "areas": self.areas,
            "study": self.study,
            "crosswalk": self.crosswalk,
            "forces": None,
            "points_within_m": 1500.0,
        }
        return read_incidents(self.sources, period=Period.parse(period), **(settings | options))


@pytest.fixture(scope="session")
def squares() -> Areas:
    numbers = range(1, 17)
    boxes = [
        shapely.box(
            WEST + (number - 1) % 4 * SIDE,
            SOUTH + (number - 1) // 4 * SIDE,
            WEST + ((number - 1) % 4 + 1) * SIDE,
            SOUTH + ((number - 1) // 4 + 1) * SIDE,
        )
        for number in numbers
    ]
    frame = gpd.GeoDataFrame(
        {"area_name": [f"Made up {number}" for number in numbers]},
        geometry=boxes,
        index=pd.Index([code_of(number) for number in numbers], name="area_code"),
        crs=27700,
    )
    return Areas(frame, "2021")


@pytest.fixture
def county(tmp_path: Path, squares: Areas) -> County:
    """Squares 1 and 2 were one area in 2011, 3 was two, 4 changed irregularly."""
    changes = [
        ("E01900101", code_of(1), "S"),
        ("E01900101", code_of(2), "S"),
        ("E01900103", code_of(3), "M"),
        ("E01900104", code_of(3), "M"),
        ("E01900105", code_of(4), "X"),
        *((code_of(number), code_of(number), "U") for number in range(5, 17)),
        ("E01000001", "E01000001", "U"),
    ]
    return County(
        folder=tmp_path,
        areas=squares,
        study=StudyArea(
            ("E06900001",),
            tuple(code_of(number) for number in range(1, 9)),
            tuple(code_of(number) for number in range(9, 13)),
        ),
        crosswalk=Crosswalk(pd.DataFrame(changes, columns=["LSOA11CD", "LSOA21CD", "change"])),
    )
