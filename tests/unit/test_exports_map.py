"""map.html as text: what is in it, what is not, and that equal runs give equal bytes."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon

import small_run as SMALL
from dashboards.exports import map_panel
from dashboards.exports.folium_map import map_html
from dashboards.exports.map_geometry import collection, outline, simplify
from dashboards.exports.map_page import page, script_json
from spatial.errors import InputError


def made(**changes: Any) -> str:
    areas = SMALL.areas(names=changes.pop("names", ()))
    manifest = SMALL.manifest(areas, **changes)
    return map_html(areas=areas, hotspots=SMALL.hotspots(areas), manifest=manifest)


class Elements(HTMLParser):
    """Counts elements and gathers attributes as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def elements(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(text)
    return parser.seen


def test_two_maps_of_one_run_are_equal_bytes() -> None:
    assert made() == made()


def test_order_of_rows_does_not_change_the_map() -> None:
    areas = SMALL.areas()
    settings = {"hotspots": SMALL.hotspots(areas), "manifest": SMALL.manifest(areas)}
    turned = areas.iloc[::-1]
    assert map_html(areas=turned, **settings) == map_html(areas=areas, **settings)
    flat = areas.reset_index()
    assert map_html(areas=flat, **settings) == map_html(areas=areas, **settings)


def test_page_says_what_who_when_and_how_sure() -> None:
    text = made()
    for wanted in (
        "4 neighbourhoods meet the SV01 test, 4 the SV04 test",
        "January to June 2025",
        "No data for June 2025",
        "Demonstration data",
        '<p class="handling">OFFICIAL</p>',
        "Made up for a test.",
        "The score ranks places, never people.",
        "Violence and sexual offences is one broad published category",
        "weights test weights",
        "20 to under 40",
        "where recorded map points concentrate",
    ):
        assert wanted in text
    assert "Demonstration data" not in made(demonstration=False)
    assert 'class="handling"' not in made(handling="")


def test_nothing_is_fetched_and_only_hashed_code_may_run() -> None:
    found = elements(made())
    tags = [tag for tag, _ in found]
    assert tags.count("script") == 3
    assert not set(tags) & {"link", "img", "iframe", "object", "embed", "base", "form"}
    for tag, attributes in found:
        assert not any(name.startswith("on") or name == "style" for name in attributes), tag
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    policy = next(a["content"] for t, a in found if a.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"url\((?!none)", made().split("</style>")[0])
    assert "sourceMappingURL" not in made()


def test_hostile_names_stay_text() -> None:
    changes = {"name": SMALL.HOSTILE[1], "handling": SMALL.HOSTILE[0], "attribution": SMALL.HOSTILE}
    plain = [tag for tag, _ in elements(made())]
    hostile = elements(made(names=SMALL.HOSTILE, **changes))
    assert [tag for tag, _ in hostile] == plain
    assert not any(name.startswith("on") for _, attrs in hostile for name in attrs)


def test_layer_names_are_escaped_for_the_control_that_writes_html() -> None:
    areas = SMALL.areas()
    manifest = SMALL.manifest(areas)
    manifest["priorities"]["sv01"]["title"] = "<img src=x onerror=alert(1)>"
    text = map_html(areas=areas, hotspots={}, manifest=manifest)
    script = text.rsplit("<script>", 1)[1]
    assert "<img" not in script
    names = re.findall(r'"(SV01 [^"]*)"', script)
    assert [json.loads(f'"{name}"') for name in names] == [
        "SV01 &lt;img src=x onerror=alert(1)&gt;"
    ]


def test_a_name_is_never_run_as_a_template_on_this_machine() -> None:
    """branca renders what folium rendered once more: a brace must not reach it."""
    names = ("{{ 7 * 191 }}", "{% raw %}", "{# gone #}", "}}{{")
    areas = SMALL.areas(names=names)
    for column in ("place_name", "ward_name"):
        areas[column] = [names[i % len(names)] for i in range(len(areas))]
    areas.index = [f"{{{{{i}+1}}}}" for i in range(len(areas))]
    areas.index.name = "area_code"
    manifest = SMALL.manifest(areas, name=names[0], handling=names[1])
    manifest["priorities"]["sv01"]["title"] = names[0]
    text = map_html(areas=areas, hotspots=SMALL.hotspots(areas), manifest=manifest)
    assert "1337" not in text
    script = text.rsplit("<script>", 1)[1]
    assert r"SV01 \u0026#123;\u0026#123; 7 * 191" in script
    for name in names:
        assert name in text  # in the list, as it is


def test_a_key_that_could_be_code_is_refused() -> None:
    areas = SMALL.areas()
    manifest = SMALL.manifest(areas)
    bad = {**manifest, "priorities": {"sv01; alert(1)": manifest["priorities"]["sv01"]}}
    with pytest.raises(InputError, match="not a key of a priority"):
        map_html(areas=areas, hotspots={}, manifest=bad)


def test_a_run_without_flags_hotspots_or_scores_still_has_a_map() -> None:
    areas = SMALL.areas()
    for key in SMALL.PRIORITIES:
        areas[f"{key}_flag"] = False
        areas[f"{key}_score"] = np.nan
        areas[f"{key}_rank"] = np.nan
    text = map_html(areas=areas, hotspots={}, manifest=SMALL.manifest(areas))
    assert "No neighbourhoods meet the SV01 test, none the SV04 test" in text


def test_a_whole_country_is_listed_in_part_and_says_so() -> None:
    areas = SMALL.areas(side=40, rows=40)
    for key in SMALL.PRIORITIES:
        areas[f"{key}_score"] = np.linspace(99, 1, len(areas))
        areas[f"{key}_rank"] = np.arange(1.0, len(areas) + 1)
    text = map_html(areas=areas, hotspots={}, manifest=SMALL.manifest(areas))
    assert "The first 1,000 of 1,600; areas.csv has the others." in text
    assert text.count("<tr class=") == 2 * 1000
    assert '"why":"Why Place 499 B, Ward 999. Because."' in text
    assert '"why":"Why Place 500 A, Ward 1000. Because."' not in text
    assert '"SV01 rank 1,001, ' in text  # its colour and its rank are still there
    assert len(text) < 6_000_000


def test_paper_holds_the_list_and_what_stands_next_to_it() -> None:
    """Of 12 areas none is left off; with most of them beyond, flagged ones still are not."""
    assert "Only the first rows are printed" not in made()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(map_panel, "_PRINTED", 3)
        patch.setattr(map_panel, "_PRINTED_BELOW", 2)
        text = made()
    rows = [
        given["class"] or "" for tag, given in elements(text) if tag == "tr" and "class" in given
    ]
    first = rows[:12]
    assert [("beyond" in css) for css in first] == [False] * 6 + [True] * 6
    assert text.count("Only the first rows are printed") == 2


def test_weights_that_the_run_changed_for_itself_are_said() -> None:
    assert "weights test weights, 2 settings changed for this run ·" in made(
        overrides={"a.b": "1", "c.d": "2"}
    )


def test_the_page_refuses_code_that_ends_its_own_element() -> None:
    for bad in ("x</script>", "<!-- y"):
        with pytest.raises(ValueError, match="own end tag"):
            page(title="", body="", styles=(), scripts=(bad,))


def test_json_in_a_script_cannot_end_it() -> None:
    value = {"a": "</script><!-- & \u2028 \u2029"}
    text = script_json(value)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value
    with pytest.raises(ValueError, match="JSON"):
        script_json(float("nan"))


def lattice(corners: int) -> gpd.GeoDataFrame:
    """Two neighbours whose common border wriggles."""
    y = np.linspace(0, 10_000, corners)
    border = np.column_stack((5000 + 15 * np.sin(np.arange(corners)), y))
    left = Polygon([(0, 0), *border, (0, 10_000)])
    right = Polygon([(10_000, 10_000), *border[::-1], (10_000, 0)])
    return gpd.GeoDataFrame(
        {"lad_code": ["A", "B"]}, geometry=[left, right], index=["a", "b"], crs="EPSG:27700"
    )


def test_simplified_neighbours_share_one_border() -> None:
    simple = simplify(lattice(2001), most_points=100)
    assert shapely.get_num_coordinates(simple.geometry.to_numpy()).sum() <= 100
    assert shapely.coverage_is_valid(simple.geometry.to_numpy())
    assert simple.geometry.union_all().area == pytest.approx(1e8, rel=1e-6)


def test_coordinates_have_five_decimals_and_are_in_britain() -> None:
    found = collection(SMALL.areas())
    ring = np.array(found["features"][0]["geometry"]["coordinates"][0])
    assert np.array_equal(ring, ring.round(5))
    # EPSG:27700 easting 400000 is 2 degrees west on the grid's own datum, about 100 m off it.
    assert ring[:, 0].min() == pytest.approx(-2.0, abs=0.002)
    assert ring[:, 1].min() == pytest.approx(50.71, abs=0.01)
    assert [feature["id"] for feature in found["features"]] == [str(n) for n in range(12)]


def test_authorities_are_outlined() -> None:
    assert len(outline(lattice(11))) == 2
    assert len(outline(lattice(11).drop(columns="lad_code"))) == 1
