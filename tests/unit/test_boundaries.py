"""Area layers: RELIABILITY cases 18 and 20."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from spatial.boundaries import read_areas
from spatial.errors import InputError

X, Y = 368_000.0, 90_000.0


def square(column: int, row: int = 0, size: float = 1000.0) -> Polygon:
    return box(X + column * size, Y + row * size, X + (column + 1) * size, Y + (row + 1) * size)


def layer(folder: Path, codes: list[str], shapes: list[object], **columns: list[str]) -> Path:
    frame = gpd.GeoDataFrame({"LSOA21CD": codes, **columns}, geometry=shapes, crs="EPSG:27700")
    path = folder / "a.gpkg"
    path.unlink(missing_ok=True)
    pyogrio.write_dataframe(frame, path)
    return path


def test_areas_are_sorted_and_named(tmp_path: Path) -> None:
    path = layer(
        tmp_path,
        ["E03", "E01 ", "E02"],
        [square(0), square(1), square(2)],
        LSOA21NM=["C 001A", "A 001A", " B 001A"],
    )
    areas = read_areas(path, shown_as="boundaries/a.gpkg")
    assert areas.codes == ("E01", "E02", "E03")
    assert areas.frame.index.name == "area_code"
    assert areas.frame["area_name"].tolist() == ["A 001A", "B 001A", "C 001A"]
    assert areas.frame.geometry.loc["E01"].equals(square(1))
    assert areas.frame.crs.to_epsg() == 27700
    assert areas.vintage == "2021"
    assert areas.repaired == ()


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    shapes = [square(n) for n in range(5)]
    codes = [f"E0{n}" for n in range(5)]
    first = read_areas(layer(tmp_path, codes, shapes), shown_as="a")
    second = read_areas(layer(tmp_path, codes[::-1], shapes[::-1]), shown_as="a")
    assert first.frame.equals(second.frame)


def test_without_names_the_code_is_the_name(tmp_path: Path) -> None:
    areas = read_areas(layer(tmp_path, ["E01", "E02"], [square(0), square(1)]), shown_as="a")
    assert areas.frame["area_name"].tolist() == ["E01", "E02"]


def test_the_vintage_is_read_from_the_code_column(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"LSOA11CD": ["E01"], "zone": ["Z1"]}, geometry=[square(0)], crs="EPSG:27700"
    )
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(frame, path)
    assert read_areas(path, shown_as="a").vintage == "2011"
    with pytest.raises(InputError, match="set vintage to 2021 or 2011"):
        read_areas(path, code="zone", shown_as="a")
    zones = read_areas(path, code="ZONE", vintage="2021", shown_as="a")
    assert (zones.codes, zones.vintage) == (("Z1",), "2021")
    with pytest.raises(InputError, match="vintage '2001' is not 2011 or 2021"):
        read_areas(path, vintage="2001", shown_as="a")


def test_a_column_that_is_not_there_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = layer(tmp_path, ["E01"], [square(0)])
    with pytest.raises(InputError, match=r"^a: code: no column 'LSOA21C'; did you mean 'LSOA21CD'"):
        read_areas(path, code="LSOA21C", shown_as="a")
    frame = gpd.GeoDataFrame({"zone": ["Z1"]}, geometry=[square(0)], crs="EPSG:27700")
    pyogrio.write_dataframe(frame, tmp_path / "b.gpkg")
    with pytest.raises(InputError, match="no column LSOA21CD or LSOA11CD; it has 'zone'"):
        read_areas(tmp_path / "b.gpkg", shown_as="b")


def test_case_20_repeated_and_blank_codes_are_refused(tmp_path: Path) -> None:
    path = layer(tmp_path, ["E01", "E02", "E01", " "], [square(n) for n in range(4)])
    with pytest.raises(InputError) as caught:
        read_areas(path, shown_as="boundaries/a.gpkg")
    text = str(caught.value)
    assert "boundaries/a.gpkg: LSOA21CD: 1 areas have no code" in text
    assert "'E01' is there more than once (features 1, 3)" in text


def test_case_18_a_polygon_that_is_repaired_without_change_is_listed(tmp_path: Path) -> None:
    """A ring that touches itself in one point: invalid, but its area is not in doubt."""
    pinched = Polygon(
        [(X, Y), (X + 900, Y), (X + 900, Y + 900), (X + 450, Y), (X, Y + 900), (X, Y)]
    )
    assert not pinched.is_valid
    areas = read_areas(layer(tmp_path, ["E01", "E02"], [pinched, square(3)]), shown_as="a")
    (repair,) = areas.repaired
    assert repair.area_code == "E01"
    assert repair.area_change < 1e-9
    assert "self-intersection" in repair.reason
    assert shapely.is_valid(areas.frame.geometry.to_numpy()).all()
    np.testing.assert_allclose(areas.frame.geometry.loc["E01"].area, pinched.area)
    assert areas.notes == ("a: 1 invalid polygons repaired (E01)",)


def bow_tie(share: float) -> Polygon:
    """Return a square with a crossed edge: the signed area of its ring is that of the square.

    Outside the square lie two triangles of opposite sign, so the land it covers is larger by
    `share` of the square.
    """
    width = 4000 * share
    return Polygon(
        [
            (X, Y),
            (X + 1000, Y),
            (X + 1000, Y + 500),
            (X + 1000 + width, Y + 1000),
            (X + 1000 + width, Y + 500),
            (X + 1000, Y + 1000),
            (X, Y + 1000),
        ]
    )


def test_case_18_the_limit_is_a_tenth_of_a_per_cent(tmp_path: Path) -> None:
    small, large = bow_tie(0.0005), bow_tie(0.05)
    assert not small.is_valid
    areas = read_areas(layer(tmp_path, ["E01"], [small]), shown_as="a")
    assert areas.repaired[0].area_change == pytest.approx(0.0005, rel=1e-3)
    with pytest.raises(InputError, match=r"E02 is not a valid polygon .* \(limit 0\.1%\)"):
        read_areas(layer(tmp_path, ["E01", "E02"], [square(4), large]), shown_as="a")


def test_case_18_a_hole_written_as_a_part_is_a_hole_where_another_area_fills_it(
    tmp_path: Path,
) -> None:
    outer, enclave = square(0), box(X + 200, Y + 200, X + 400, Y + 400)
    nested = MultiPolygon([outer, enclave])
    assert not nested.is_valid
    areas = read_areas(layer(tmp_path, ["E01", "E02"], [nested, enclave]), shown_as="a")
    around = areas.frame.geometry.loc["E01"]
    assert around.area == pytest.approx(1e6 - 4e4)
    assert around.intersection(areas.frame.geometry.loc["E02"]).area == 0
    assert "hole was written as a part" in areas.repaired[0].reason
    with pytest.raises(InputError, match="E01 is not a valid polygon"):
        read_areas(layer(tmp_path, ["E01", "E02"], [nested, square(5)]), shown_as="a")


def test_every_area_that_is_no_polygon_is_named(tmp_path: Path) -> None:
    line = LineString([(X, Y), (X + 1, Y + 1)])
    path = layer(tmp_path, ["E01", "E02", "E03"], [line, None, square(0)])
    with pytest.raises(InputError) as caught:
        read_areas(path, shown_as="a")
    assert [fault.message for fault in caught.value.faults] == [
        "area E02 has no geometry",
        "area E01 is a LineString, not a polygon",
    ]


def test_heights_are_dropped(tmp_path: Path) -> None:
    raised = shapely.force_3d(square(0), 5.0)
    areas = read_areas(layer(tmp_path, ["E01"], [raised]), shown_as="a")
    assert not shapely.has_z(areas.frame.geometry.to_numpy()).any()


def test_a_fault_of_the_file_shows_the_name_as_configured(tmp_path: Path) -> None:
    (tmp_path / "a.gpkg").write_bytes(b"<OGRVRTDataSource/>")
    with pytest.raises(InputError, match=r"^boundaries/a\.gpkg: the name ends in \.gpkg"):
        read_areas(tmp_path / "a.gpkg", shown_as="boundaries/a.gpkg")


@pytest.mark.real_data
def test_the_real_layer_has_three_polygons_that_are_repaired(real_data: Path) -> None:
    path = real_data / "boundaries" / "LSOA_2021_Dorset_and_neighbours_BGC.gpkg"
    areas = read_areas(path, shown_as=path.name)
    assert len(areas.codes) == 1311
    assert [repair.area_code for repair in areas.repaired] == [
        "E01019900",
        "E01020541",
        "E01031952",
    ]
    assert all(repair.area_change < 0.001 for repair in areas.repaired)
    shapes = areas.frame.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    # The layer covers its land once: nothing is counted twice after the repair.
    covered = shapely.coverage_union_all(shapes).area
    assert shapely.area(shapes).sum() == pytest.approx(covered, rel=1e-9)
