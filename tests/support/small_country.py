"""A made-up country of four police forces: one without files, one with one month, one Welsh."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
from shapely.geometry import box

SIDE = 6  # areas in a row; a force has three rows
MONTHS = ("2025-04", "2025-05", "2025-06")
FORCES = {  # slug: authority, force code, prefix of area codes, months supplied
    "northmoor": ("E06999001", "E23999001", "E01999", MONTHS),
    "southmoor": ("E06999002", "E23999002", "E01998", MONTHS[:1]),
    "westmoor": ("E06999003", "E23999003", "E01997", ()),
    "cwmtest": ("W06999004", "W15999004", "W01999", MONTHS),
}
TYPES = ("Violence and sexual offences", "Robbery", "Burglary", "Anti-social behaviour")
MEANS = (9.0, 1.0, 3.0, 6.0)
RESIDENTS = 1500

INPUTS = """\
name: Small country
area: all
period: 2025-04:2025-06
handling: Made up for a test
settings:
  uncertainty.draws: 120
  density.cell_m: 250
  density.bandwidth_m: 1250
boundaries: {path: areas.gpkg}
incidents: [{path: incidents.zip}]
lookups: {wards: wards.csv, forces: forces.csv, place_names: places.csv}
deprivation: {path: iod.csv, edition: "2025"}
rurality: {path: ruc.csv, edition: "2021"}
population: {path: residents.csv, kind: census}
"""


def codes_of(slug: str) -> list[str]:
    """Return the area codes of a force, 18 of them."""
    return [f"{FORCES[slug][2]}{number:03d}" for number in range(3 * SIDE)]


def write_country(folder: Path, *, iod: Path) -> Path:
    """Write every file of the country; return its inputs file. `iod` lends its rows' format."""
    rng = np.random.default_rng(11)
    areas = [
        (code, slug, number, row)
        for row, slug in enumerate(FORCES)
        for number, code in enumerate(codes_of(slug))
    ]
    corner = {
        code: (400_000 + 1000 * (number % SIDE), 200_000 + 1000 * (number // SIDE + 3 * row))
        for code, _, number, row in areas
    }
    names = {
        code: f"{slug.title()} {number // 2 + 1:03d}{'AB'[number % 2]}"
        for code, slug, number, _ in areas
    }
    gpd.GeoDataFrame(
        {"LSOA21CD": list(corner), "LSOA21NM": [names[code] for code in corner]},
        geometry=[box(x, y, x + 1000, y + 1000) for x, y in corner.values()],
        crs="EPSG:27700",
    ).to_file(folder / "areas.gpkg", layer="areas")
    _write(
        folder / "wards.csv",
        "LSOA21CD,LSOA21NM,WD24CD,WD24NM,LAD24CD,LAD24NM",
        [
            (code, names[code], f"E0599900{row}", f"Ward {row}", FORCES[slug][0], slug.title())
            for code, slug, _, row in areas
        ],
    )
    _write(
        folder / "forces.csv",
        "LAD24CD,LAD24NM,CSP24CD,CSP24NM,PFA24CD,PFA24NM",
        [
            (lad, slug.title(), f"E2299900{row}", slug.title(), force, slug.title())
            for row, (slug, (lad, force, _, _)) in enumerate(FORCES.items())
        ],
    )
    _write(
        folder / "places.csv",
        "MSOA21CD,MSOA21NM,MSOA21HCLNM",
        [
            (f"E0299{row}{number:03d}", f"{slug.title()} {number + 1:03d}", f"{slug} {number}")
            for row, slug in enumerate(FORCES)
            for number in range(9)
        ],
    )
    with iod.open(encoding="utf-8-sig", newline="") as stream:
        header, *lent = list(csv.reader(stream))
    english = [code for code in corner if code.startswith("E")]
    rows = [[code, names[code], *row[2:]] for code, row in zip(english, lent, strict=False)]
    with (folder / "iod.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    _write(
        folder / "ruc.csv",
        "LSOA21CD,LSOA21NM,RUC21CD,RUC21NM,Urban_rural_flag",
        [(code, names[code], "UN1", "Urban", "Urban") for code in corner],
    )
    _write(
        folder / "residents.csv",
        "date,geography,geography code,Residence type: Total; measures: Value",
        [("2021", names[code], code, str(RESIDENTS)) for code in corner],
    )
    _write_incidents(folder / "incidents.zip", corner, names, rng)
    (folder / "config").mkdir()
    inputs = folder / "config" / "inputs.yaml"
    inputs.write_text(INPUTS, encoding="utf-8")
    return inputs


def _write(path: Path, header: str, rows: list[tuple[str, ...]]) -> None:
    lines = [header, *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_incidents(
    path: Path, corner: dict[str, tuple[int, int]], names: dict[str, str], rng: np.random.Generator
) -> None:
    to_degrees = pyproj.Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
    header = (
        "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
        "Crime type,Last outcome category,Context"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for slug, (_, _, _, months) in FORCES.items():
            risk = rng.gamma(2.0, 0.5, 3 * SIDE)
            for month in months:
                lines = [header]
                for number, code in enumerate(codes_of(slug)):
                    x, y = corner[code]
                    for kind, mean in zip(TYPES, MEANS, strict=True):
                        for _ in range(int(rng.poisson(mean * risk[number]))):
                            east, north = rng.uniform(100, 900, 2)
                            lon, lat = to_degrees.transform(x + east, y + north)
                            named = f"{rng.integers(2**62):064x}" if kind != TYPES[3] else ""
                            lines.append(
                                f"{named},{month},P,P,{lon:.6f},{lat:.6f},On or near Test,{code},"
                                f"{names[code]},{kind},,"
                            )
                archive.writestr(f"{month}/{month}-{slug}-street.csv", "\n".join(lines) + "\n")
