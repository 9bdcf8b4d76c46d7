"""Densities drawn again from what the demonstration run kept, as people export them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio

from dashboards.exports.registry import FORMATS
from risk_model import api
from risk_model.kept_densities import (
    KeptGround,
    at_bandwidth,
    change,
    halves,
    per_resident,
    public,
    read_kept_ground,
)
from risk_model.run_store import PublishedRun
from spatial.errors import InputError
from spatial.hotspot_polygons import smallest_set
from spatial.public_density import public_density

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def ground(demonstration_run: PublishedRun) -> KeptGround:
    return read_kept_ground(demonstration_run)


def raster(path: Path) -> NDArray[np.float64]:
    with rasterio.open(path) as source:
        assert source.crs.to_epsg() == 27700
        return np.asarray(source.read(1), dtype=np.float64)


def test_kept_cells_give_the_published_surface_but_for_where_in_a_cell_events_stood(
    ground: KeptGround, demonstration_run: PublishedRun
) -> None:
    for key in ("sv01", "sv04"):
        published = raster(demonstration_run.path(f"density_{key}.tif"))
        again = at_bandwidth(ground, key, 1.0).top_down
        assert again.shape == published.shape
        np.testing.assert_array_equal(np.isnan(again), np.isnan(published))
        assert np.nansum(again) == pytest.approx(np.nansum(published), rel=0.01)
        assert np.nanmax(np.abs(again - published)) < 0.06 * np.nanmax(published)


def test_three_bandwidths_are_exported_on_cells_that_fit_them(
    demonstration_run: PublishedRun, tmp_path: Path
) -> None:
    written = FORMATS["density-bandwidths"].write(demonstration_run, tmp_path)
    assert {path.name for path in written} == {"README_density-bandwidths.txt"} | {
        f"density_{key}_{name}.{end}"
        for key in ("sv01", "sv04")
        for name in ("half", "double")
        for end in ("tif", "qml")
    }
    for key in ("sv01", "sv04"):
        chosen = np.nanmax(raster(demonstration_run.path(f"density_{key}.tif")))
        half, double = (tmp_path / f"density_{key}_{name}.tif" for name in ("half", "double"))
        assert np.nanmax(raster(half)) > chosen > np.nanmax(raster(double))
        with rasterio.open(half) as source:
            assert source.res == (50.0, 50.0)
        with rasterio.open(double) as source:
            assert source.res == (100.0, 100.0)


def test_exported_bandwidths_are_those_of_the_table(
    ground: KeptGround, demonstration_run: PublishedRun
) -> None:
    """The same cells and the same events: the highest value to the digits that a CSV holds."""
    table = pd.read_csv(demonstration_run.path("bandwidths.csv"))
    for key in ("sv01", "sv04"):
        rows = table[table["priority"] == key].set_index("bandwidth")
        for name, factor in (("half", 0.5), ("double", 2.0)):
            surface = at_bandwidth(ground, key, factor)
            assert surface.grid.cell_m == rows.loc[name, "cell_m"]
            assert surface.highest == pytest.approx(rows.loc[name, "highest"], rel=1e-8)
            held = smallest_set(surface.values, ground.config.density.volume_share)
            assert held.sum() * surface.grid.cell_km2 == pytest.approx(
                rows.loc[name, "hotspot_km2"]
            )


def test_halves_of_eleven_months_leave_the_middle_one_out(ground: KeptGround) -> None:
    first, second = halves(ground)
    assert first == ("2025-01", "2025-02", "2025-03", "2025-04", "2025-05")
    assert second == ("2025-07", "2025-09", "2025-10", "2025-11", "2025-12")
    assert "2025-08" not in ground.months
    one = replace(ground, data=_first_month(ground))
    with pytest.raises(InputError, match=r"covers 1 month: a change needs two.*--against"):
        halves(one)


def _first_month(ground: KeptGround) -> object:
    data = ground.data
    return replace(
        data, months=data.months[:1], covered=data.covered[:, :1], counts=data.counts[:, :1]
    )


def test_a_run_against_itself_has_not_changed_and_says_that_events_count_twice(
    ground: KeptGround,
) -> None:
    same = change(ground, "sv04", ground)
    inside = ~np.isnan(same.dual.difference)
    assert (same.dual.difference[inside] == 0).all()
    assert (same.dual.ratio[same.dual.supported] == 1).all()
    assert any("these events count twice" in words for words in same.warnings)


def test_change_of_the_halves_is_that_of_their_events(ground: KeptGround) -> None:
    found = change(ground, "sv04")
    first, second = halves(ground)
    kinds = {offence.category for offence in ground.offences["sv04"].offences}
    events = ground.points[ground.points["category"].astype(str).isin(kinds)]
    inside = events[events["area_code"].isin(ground.data.study_codes)]
    totals = [inside.loc[inside["month"].isin(list(m)), "n"].sum() for m in (first, second)]
    # Both halves are five months; the surface moves some mass over the border of the county.
    assert found.dual.overall == pytest.approx(totals[1] / totals[0], rel=0.03)
    assert (found.above, found.below) == ("2025-07 to 2025-12", "2025-01 to 2025-05")
    assert any("different seasons" in words for words in found.warnings)


def test_runs_of_other_areas_do_not_compare(ground: KeptGround) -> None:
    data = ground.data
    inside = data.in_study.copy()
    inside[np.flatnonzero(inside)[0]] = False
    other = replace(ground, run_id="other", data=replace(data, in_study=inside))
    with pytest.raises(InputError, match="compare runs of one study area"):
        change(ground, "sv01", other)


def test_events_per_resident_keep_the_rate_of_the_county(ground: KeptGround) -> None:
    found = per_resident(ground, "sv04")
    data = ground.data
    kinds = [
        data.categories.index(offence.category) for offence in ground.offences["sv04"].offences
    ]
    events = data.counts[data.in_study][:, :, kinds].sum()
    people = np.nansum(data.population[data.in_study])
    rate = events / people * 12 / len(ground.months)
    assert found.dual.overall == pytest.approx(rate, rel=0.05)
    shown = found.dual.ratio[found.dual.supported]
    assert 0.2 < found.dual.supported.sum() / (~np.isnan(found.dual.difference)).sum() <= 1
    assert shown.min() >= 0
    assert shown.max() < 60 * rate


def test_the_public_density_of_a_run_is_that_of_its_points(
    ground: KeptGround, demonstration_request: api.Request
) -> None:
    """Kept cells of 100 m fill public cells of 500 m, so nothing is moved."""
    loaded = api.check(demonstration_request)
    kinds = {offence.category for offence in ground.offences["sv04"].offences}
    points = loaded.incidents.points
    own = public_density(
        points[points["category"].astype(str).isin(kinds)],
        study=loaded.areas.frame.geometry.loc[list(loaded.study.codes)],
        months=11,
    )
    kept = public(ground, "sv04")
    assert kept.grid == own.grid
    # An event within 71 m of the border of the county may change sides with its cell.
    assert (kept.band == own.band).mean() > 0.999
    assert set(np.unique(kept.band)) >= {0, 1, 2, 255}


def test_the_public_export_carries_no_count(
    ground: KeptGround, demonstration_run: PublishedRun, tmp_path: Path
) -> None:
    written = FORMATS["density-public"].write(demonstration_run, tmp_path)
    assert {path.name for path in written} == {
        "density_public_sv01.tif",
        "density_public_sv04.tif",
        "density_public.gpkg",
        "README_density-public.txt",
    }
    text = (tmp_path / "README_density-public.txt").read_text(encoding="utf-8")
    for words in public(ground, "sv04").labels:
        assert f": {words}\n" in text
        text = text.replace(f": {words}\n", "\n")
    numbers = {int(found.replace(",", "")) for found in re.findall(r"[0-9][0-9,]*", text)}
    assert numbers <= {0, 1, 2, 3, 4, 5, 255, 500, 1000, 2025, 27700, 6990001, 6990002}
    assert "Demonstration data" in text
    assert "do not publish an exact total" in text
    for key in ("sv01", "sv04"):
        cells = gpd.read_file(tmp_path / "density_public.gpkg", layer=f"density_public_{key}")
        assert list(cells.columns) == ["band", "per_km2_per_year", "geometry"]
        assert (cells.area == 250_000).all()
        assert set(cells["band"]) <= {0, 1, 2, 3, 4, 5}
        bands_of = raster(tmp_path / f"density_public_{key}.tif")
        assert len(cells) == (bands_of != 255).sum()


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("density-change", "density_change.txt"),
        ("density-per-resident", "density_per_resident.txt"),
    ],
)
def test_comparisons_travel_with_their_words(
    demonstration_run: PublishedRun, tmp_path: Path, name: str, note: str
) -> None:
    written = {path.name for path in FORMATS[name].write(demonstration_run, tmp_path)}
    assert {note, f"README_{name}.txt"} <= written
    words = " ".join((tmp_path / note).read_text(encoding="utf-8").split())
    for key in ("SV01", "SV04"):
        assert f"{key}: " in words
    if name == "density-change":
        assert "no proof that anything worked" in words
        assert {"density_sv01_change_ratio.tif", "density_sv01_change_difference.tif"} <= written
    else:
        assert "visitors are not counted" in words
        assert "density_sv04_per_1000.tif" in written


def test_a_run_without_cells_says_which_files_it_has(
    demonstration_run: PublishedRun, tmp_path: Path
) -> None:
    outputs = {
        name: digest
        for name, digest in demonstration_run.manifest["outputs"].items()
        if name != "model/cells.parquet"
    }
    bare = PublishedRun(
        demonstration_run.run_id,
        demonstration_run.folder,
        {**demonstration_run.manifest, "outputs": outputs},
    )
    with pytest.raises(InputError, match=r"has no file .model/cells\.parquet"):
        FORMATS["density-public"].write(bare, tmp_path)


def test_settings_of_another_version_are_named(demonstration_run: PublishedRun) -> None:
    manifest = dict(demonstration_run.manifest)
    manifest["config"] = {**manifest["config"], "colour": "blue"}
    other = PublishedRun(demonstration_run.run_id, demonstration_run.folder, manifest)
    with pytest.raises(InputError, match=r"settings that this version does not know .colour"):
        read_kept_ground(other)


def test_only_a_format_that_compares_takes_a_run_to_compare_with(
    demonstration_run: PublishedRun, tmp_path: Path
) -> None:
    from dashboards.cli.export import export

    runs = demonstration_run.folder.parent
    with pytest.raises(InputError, match="csv compares no runs; this format does: density-change"):
        export("current", file_format="csv", to=tmp_path, against="current", runs=runs)
    export(
        "current",
        file_format="density-change",
        to=tmp_path,
        against=demonstration_run.run_id,
        runs=runs,
    )
    words = (tmp_path / "density_change.txt").read_text(encoding="utf-8")
    assert "these events count twice" in " ".join(words.split())
