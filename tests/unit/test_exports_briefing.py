"""The one-page PDF: one page, small, marked, made of escaped text."""

from __future__ import annotations

import itertools
import math
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import geopandas as gpd
import pytest

import small_run as SMALL
from dashboards.exports.briefing import briefing_html, export_briefing
from dashboards.exports.registry import FORMATS
from dashboards.exports.svg_map import svg_map
from risk_model.run_store import PublishedRun
from spatial.errors import InputError


def test_page_says_what_it_must() -> None:
    areas = SMALL.areas()
    text = briefing_html(areas, "sv04", SMALL.manifest(areas))
    for wanted in ("4 neighbourhoods meet the SV04 test", "OFFICIAL", "Demonstration data", "<svg"):
        assert wanted in text
    assert text.count("<li>") == 3 + 4  # three areas explained, three cautions, what is unseen
    assert "Why Place 0 B, Ward 1." in text
    assert text.count("<tr>") == 1 + 4


def test_hostile_names_stay_text() -> None:
    areas = SMALL.areas(names=SMALL.HOSTILE)
    hostile = dict.fromkeys(("handling", "name"), SMALL.HOSTILE[0])
    text = briefing_html(areas, "sv01", SMALL.manifest(areas, **hostile))
    for sink in ("<img", "<script", "<svg onload"):
        assert sink not in text


def test_still_map_draws_every_area_once_and_every_flag_twice() -> None:
    areas = SMALL.areas()
    text = svg_map(areas, "sv01", SMALL.manifest(areas)["priorities"]["sv01"])
    assert text.count("<path") == 12 + 2 * 4 + 1  # and the lines of discs that moved aside
    assert text.count("<circle") == 4


def test_numbers_of_the_still_map_are_readable_and_apart() -> None:
    areas = SMALL.areas()
    text = svg_map(areas, "sv01", SMALL.manifest(areas)["priorities"]["sv01"])
    box = re.search(r'viewBox="\S+ \S+ \S+ (\d+)"', text)
    assert box is not None
    discs = re.findall(r'<circle cx="([\d.-]+)" cy="([\d.-]+)" r="([\d.]+)"', text)
    centres = [(float(x), float(y)) for x, y, _ in discs]
    width = 2 * float(discs[0][2])
    assert width / float(box[1]) * 50 > 3.5  # mm of the 50 mm that the page gives the map
    assert all(math.dist(a, b) >= width - 0.2 for a, b in itertools.combinations(centres, 2))


@pytest.mark.parametrize(
    "standing", [" (average area 50.0); ", ", above the average area's 50.0, "], ids=["now", "old"]
)
def test_the_first_areas_are_explained_without_cutting_a_figure(standing: str) -> None:
    areas = SMALL.areas()
    areas["sv01_reasons"] = (
        f"Ranks 1 of 12 for High-harm offending with a score of 99.0{standing}"
        "raised most by recorded harm (19.9 points: 60,428 harm points per 1,000 residents "
        "per year, average 7,572), deprivation (without its crime part) (11.9 points: 48.2, "
        "average 17.0) and average monthly chance of above-usual risk (9.8 points: 100%, average "
        "34%); 326 recorded offences of this set against 34.3 expected. How sure: high."
    )
    text = briefing_html(areas, "sv01", SMALL.manifest(areas))
    assert (
        "raised most by recorded harm (19.9 points), deprivation (without its crime part) (11.9 "
        "points) and average monthly chance of above-usual risk (9.8 points).</li>"
    ) in text
    # One that is too long loses whole indicators, never half of one.
    areas["sv01_reasons"] = areas["sv01_reasons"].str.replace("recorded harm", "recorded harm" * 4)
    text = briefing_html(areas, "sv01", SMALL.manifest(areas))
    assert "deprivation (without its crime part) (11.9 points) and more.</li>" in text


def test_a_machine_without_weasyprint_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = SMALL.publish_small_run(tmp_path / "runs")
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(InputError, match=r"apt-get install libpango-1\.0-0"):
        FORMATS["briefing"].write(run, tmp_path / "out")


@pytest.mark.pdf
def test_pdf_is_one_page_under_a_megabyte(tmp_path: Path) -> None:
    run = SMALL.publish_small_run(tmp_path / "runs", names=SMALL.HOSTILE)
    written = FORMATS["briefing"].write(run, tmp_path / "out")
    assert [path.name for path in written] == [
        "briefing_sv01.pdf",
        "briefing_sv04.pdf",
        "README_briefing.txt",
    ]
    for path in written[:2]:
        data = path.read_bytes()
        assert data.startswith(b"%PDF-")
        assert len(data) < 1_000_000


def full_list() -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """A list on which everything that can be said beside it is said, at length."""
    names = tuple(f"Beaminster, Maiden Newton and Halstock {n}, West Parishes" for n in range(12))
    areas = SMALL.areas(names=names)
    manifest = SMALL.manifest(areas)
    manifest["priorities"]["sv01"]["list_size"] = 10
    areas["sv01_reasons"] = "Long words about a place " * 40
    areas["sv01_beside_list"] = True
    areas["sv01_patch"] = [
        f"{name} and another" if n < 2 else names[1] for n, name in enumerate(names)
    ]
    manifest["priorities"]["sv01"]["list"] = {
        **{key: list(areas.index) for key in ("new", "staying", "provisional", "dropped")},
        "waiting": list(areas.index),
        "previous_end": "2025-03",
        "newly_flagged": list(areas.index),
        "enter": "2 of 3",
    }
    areas["sv01_rank_in_stratum"] = areas["sv01_rank"]
    areas["artefact"] = ""
    areas.iloc[3, areas.columns.get_loc("artefact")] = "hospital: A long reason; not flagged " * 3
    return areas, manifest


@pytest.mark.pdf
def test_a_full_list_with_long_names_still_fits_one_page() -> None:
    from weasyprint import HTML

    areas, manifest = full_list()
    text = briefing_html(areas, "sv01", manifest)
    assert "First among rural areas: Beaminster" in text
    name = areas["area_label"].iloc[3]
    assert f"{name}: hospital: A long reason" in text
    assert len(HTML(string=text).render().pages) == 1


@pytest.mark.pdf
def test_where_more_has_to_be_said_the_map_gives_way(tmp_path: Path) -> None:
    from pypdf import PdfReader
    from weasyprint import HTML

    areas, manifest = full_list()
    manifest |= {"demonstration": True, "attribution": ["A source with a long name"] * 12}
    manifest["priorities"] = {"sv01": manifest["priorities"]["sv01"]}
    assert len(HTML(string=briefing_html(areas, "sv01", manifest)).render().pages) == 2
    run = cast("PublishedRun", SimpleNamespace(areas=lambda: areas, manifest=manifest))
    [path] = export_briefing(run, tmp_path)
    [page] = PdfReader(path).pages
    # The handling stands at the top and at the end of the one page.
    assert page.extract_text().count(manifest["handling"]) == 2
