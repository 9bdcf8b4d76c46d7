"""A run with too many areas to draw: a picture, a list in pages, and each police force by itself."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from werkzeug.test import Client

import web_run as WEB
from dashboards import forces
from dashboards import ranked_list as listing
from dashboards.app import create_app
from dashboards.area_story import area_story
from dashboards.force_table import force_rows, ranked_among
from dashboards.forces import live_forces, nations
from dashboards.ranked_list import ranked_list
from dashboards.state import ViewState, read_state
from dashboards.view import RunView, finding, view_of
from web_asks import UPDATE, ask, page, question, texts

FORCES = {
    "X01": {"code": "E23X00001", "name": "West & Shire", "slug": "west-shire"},
    "X02": {"code": "E23X00002", "name": "Eastshire", "slug": "eastshire"},
}
COVERAGE = {"west-shire": {"2025-01": True, "2025-02": True}}
EAST = {f"X01{n:06d}" for n in range(48) if n % 8 >= 4}
LIST = "..list-rows.data...list-count.children.."
MAP = "..map-values.data...legend.children.."


@pytest.fixture(autouse=True)
def _small_country(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forces, "MOST_LIVE", 40)
    monkeypatch.setattr(listing, "PAGE_ROWS", 20)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    WEB.publish(folder, forces=FORCES, coverage=COVERAGE)
    return folder


@pytest.fixture
def client(runs: Path) -> Client:
    return create_app(runs).server.test_client()


@pytest.fixture
def view(tmp_path: Path) -> RunView:
    return view_of(WEB.publish(tmp_path, forces=FORCES, coverage=COVERAGE))


def values_of(client: Client, text: str) -> dict[str, object]:
    found: dict[str, object] = ask(client, question(MAP, "map-question", text))["map-values"][
        "data"
    ]
    return found


def test_only_many_areas_of_several_forces_are_parted() -> None:
    manifest = {"forces": FORCES}
    assert list(live_forces(manifest, 41)) == ["eastshire", "west-shire"]
    assert live_forces(manifest, 40) == {}
    assert live_forces({"forces": {"X01": FORCES["X01"]}}, 9_999) == {}
    assert live_forces({}, 9_999) == {}


def test_the_stated_number_draws_every_force_of_england_and_wales(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    assert forces.MOST_LIVE == 2_000
    assert listing.PAGE_ROWS == 500


def test_the_page_of_a_country_is_a_picture_with_words_and_no_polygon(client: Client) -> None:
    tree = json.dumps(page(client, "/sv01"))
    assert f"/geometry/{WEB.FIRST_ID}/country-sv01.svg" in tree
    assert "areas.geojson" not in tree
    picture = client.get(f"/geometry/{WEB.FIRST_ID}/country-sv01.svg")
    assert picture.mimetype == "image/svg+xml"
    assert b"data:image/png;base64," in picture.data
    assert picture.headers["ETag"]
    assert client.get(f"/geometry/{WEB.FIRST_ID}/areas.geojson").status_code == 404
    said = texts(page(client, "/sv01"))
    for wanted in ("By police force", "Eastshire", "West & Shire", "none: no data, not zero"):
        assert wanted in said


def test_the_picture_has_an_alternative_in_words(client: Client) -> None:
    tree = json.dumps(page(client, "/"), ensure_ascii=False)
    assert f"/geometry/{WEB.FIRST_ID}/finding-sv01.svg" in tree
    assert "Small map of all areas by score. 6 neighbourhoods meet the SV01 test" in tree
    assert client.get(f"/geometry/{WEB.FIRST_ID}/finding-sv01.svg").status_code == 200


def test_a_force_has_its_own_shapes_and_no_others(client: Client) -> None:
    address = f"/geometry/{WEB.FIRST_ID}/eastshire/areas.geojson"
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    shapes = json.loads(gzip.decompress(answer.data))
    assert {feature["properties"]["id"] for feature in shapes["features"]} == EAST
    known = {"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]}
    assert client.get(address, headers=known).status_code == 304
    assert "immutable" in answer.headers["Cache-Control"]
    hotspots = json.loads(
        client.get(f"/geometry/{WEB.FIRST_ID}/eastshire/hotspots-sv01.geojson").text
    )
    assert hotspots["features"] == []  # the one hot spot lies in the west
    west = client.get(f"/geometry/{WEB.FIRST_ID}/west-shire/hotspots-sv01.geojson").text
    assert len(json.loads(west)["features"]) == 1


@pytest.mark.parametrize("force", ["nowhere", "..", "%2e%2e", "X02", "Eastshire"])
def test_a_force_that_is_not_there_is_not_found(client: Client, force: str) -> None:
    assert client.get(f"/geometry/{WEB.FIRST_ID}/{force}/areas.geojson").status_code == 404


@pytest.mark.parametrize("force", ["nowhere", "../../etc", "<script>", "e" * 99])
def test_an_unknown_force_in_an_address_is_the_whole_country(client: Client, force: str) -> None:
    assert "country-sv01.svg" in json.dumps(page(client, "/sv01", f"?force={force}"))
    body = question(MAP, "map-question", f"priority=sv01&force={force}")
    assert client.post(UPDATE, json=body).status_code == 200


def test_a_country_sends_no_values_of_a_map(client: Client) -> None:
    assert values_of(client, "priority=sv01") == {}
    east = values_of(client, "priority=sv01&force=eastshire")
    assert set(east["classes"]) == EAST  # type: ignore[call-overload]
    assert set(east["flagged"]) <= EAST  # type: ignore[call-overload]


def test_a_force_is_classed_as_in_the_whole_country(client: Client) -> None:
    """A rate is put beside the country's average; the legend counts the force's areas."""
    east = values_of(client, "priority=sv01&force=eastshire&layer=rate")
    west = values_of(client, "priority=sv01&force=west-shire&layer=rate")
    areas = WEB.areas()
    known = areas["population"] > 0
    mean = np.average(areas["sv01_rate"][known], weights=areas["population"][known])
    for values in (east, west):
        for code, place in values["classes"].items():  # type: ignore[attr-defined]
            rate = areas["sv01_rate"][code]
            if not np.isnan(rate):
                assert place == sum(rate >= cut * mean for cut in (0.5, 1, 1.5, 2))
    legend = texts(
        ask(client, question(MAP, "map-question", "priority=sv01&force=eastshire&layer=rate"))[
            "legend"
        ]["children"]
    )
    assert sum(int(text[1:-1]) for text in legend if text.startswith("(")) == 24


def test_ranks_stay_those_of_the_country_and_the_place_in_the_force_is_said(view: RunView) -> None:
    ranked = ranked_list(view, "sv01", ViewState(force="eastshire"))
    first = ranked.rows[0]
    assert (first["rank"], first["note"], first["force"]) == (5, "1 here", "eastshire")
    assert [row["note"] for row in ranked.rows] == [f"{n} here" for n in range(1, 21)]
    assert ranked.count_text == "All 24 areas. Shown: 1 to 20."
    assert ranked.cut_after == 0  # the list is the whole country's
    story = area_story(view, "sv01", str(first["code"]))
    assert story is not None
    assert story.rank == "Rank 5 of 48 ranked; 1 of 24 in Eastshire"


def test_a_long_list_comes_in_pages_that_hold_every_area_once(view: RunView) -> None:
    codes: list[str] = []
    start: int | None = 0
    while start is not None:
        found = ranked_list(view, "sv01", ViewState(start=start))
        codes += [row["code"] for row in found.rows]
        assert found.before == (start - 20 if start else None)
        start = found.after
    assert codes == sorted(view.areas.index, key=lambda code: view.areas["sv01_rank"][code])
    assert ranked_list(view, "sv01", ViewState()).cut_after == 10
    assert ranked_list(view, "sv01", ViewState(start=20)).cut_after == 0
    beyond = ranked_list(view, "sv01", ViewState(start=9_999))
    assert beyond == ranked_list(view, "sv01", ViewState())


def test_the_ways_to_other_pages_are_links_that_keep_the_rest(client: Client) -> None:
    text = f"run={WEB.FIRST_ID}&priority=sv01&force=eastshire&sort=rate&from=20"
    answer = ask(client, question(LIST, "list-question", text))
    count = json.dumps(answer["list-count"]["children"])
    assert "Rows before these" in count
    assert "Rows after these" not in count
    assert f"/sv01?run={WEB.FIRST_ID}&force=eastshire&sort=rate" in count
    assert len(answer["list-rows"]["data"]["rows"]) == 4


@pytest.mark.parametrize("text", ["from=-1", "from=x", "from=1e9", "from=99999999999", "from=%00"])
def test_a_place_in_the_list_that_is_none_is_its_start(text: str) -> None:
    assert read_state(text).start == 0


def test_the_finding_names_the_force_and_says_where_there_is_no_data(view: RunView) -> None:
    # Ranks 1 and 5 are newly flagged; rank 5 is the first area of the east.
    assert finding(view, "sv01") == "6 neighbourhoods meet the SV01 test, 2 new since March 2025"
    assert finding(view, "sv01", "eastshire") == (
        "2 neighbourhoods in Eastshire meet the SV01 test, 1 new since March 2025"
    )
    empty = view.areas.copy()
    empty.loc[sorted(EAST), "sv01_score"] = np.nan
    silent = RunView(view.run_id, view.manifest, empty, view.contributions, view.ledger)
    said = finding(silent, "sv01", "eastshire")
    assert said == "No data for Eastshire: nothing can be said of SV01"
    assert [row.scored for row in force_rows(silent, "sv01")] == [0, 24]


def test_the_table_of_forces_adds_up(view: RunView) -> None:
    rows = force_rows(view, "sv01")
    assert [row.name for row in rows] == ["Eastshire", "West & Shire"]
    assert sum(row.areas for row in rows) == 48
    assert sum(row.flagged for row in rows) == 6
    assert sum(row.high for row in rows) == 1  # a hundredth of 48 areas: the highest
    assert [row.months for row in rows] == ["none: no data, not zero", "2 of 6"]


def test_wales_is_named_where_it_is_ranked_apart_and_only_there() -> None:
    frame = pd.DataFrame({"sv01_rank": [1.0, 2, 1, np.nan]}, index=["E1", "E2", "W1", "W2"])
    assert list(nations(frame, "sv01")) == ["England", "England", "Wales", "Wales"]
    together = frame.assign(sv01_rank=[1.0, 2, 3, np.nan])
    assert set(nations(together, "sv01")) == {""}


def test_two_rankings_are_two_lists_and_their_sizes_are_said(view: RunView) -> None:
    """Half of the areas become Welsh and are ranked apart: each nation has a list of ten."""
    codes = [("W" if code in EAST else "E") + code[1:] for code in view.areas.index]
    areas = view.areas.set_axis(pd.Index(codes, name="area_code"))
    groups = areas.index.str[:1]
    areas["sv01_rank"] = areas["sv01_rank"].groupby(groups).rank()
    both = RunView(view.run_id, view.manifest, areas, view.contributions, view.ledger)
    found = ranked_list(both, "sv01", ViewState())
    assert {row["note"] for row in found.rows} == {"England", "Wales"}
    assert [row["rank"] for row in found.rows[:4]] == [1, 1, 2, 2]
    assert "the 24 of England and the 24 of Wales apart" in ranked_among(both, "sv01")
    assert ranked_among(view, "sv01") == "Ranks are among all 48 areas with a score."
