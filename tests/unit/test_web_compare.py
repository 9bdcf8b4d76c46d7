"""The compare page: other weights, another run, and questions that no page of ours asks."""

from __future__ import annotations

import json
import re
from difflib import ndiff
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

import web_run as WEB
from dashboards.app import create_app
from dashboards.pages import compare
from dashboards.settings import WebSettings
from dashboards.state import CompareState, read_compare
from risk_model import api
from risk_model.config.risk import load_risk
from risk_model.kept_settings import settings_of
from risk_model.run_store import PublishedRun
from risk_model.weight_change import save_weights, with_weights
from spatial.errors import ConfigError, InputError
from web_asks import UPDATE, ask, page, question, texts

ANSWER = "compare-answer.children"


@pytest.fixture(scope="module")
def client(demonstration_run: PublishedRun) -> Client:
    return create_app(demonstration_run.folder.parent).server.test_client()


def answer(client: Client, text: str) -> list[str]:
    said = ask(client, question(ANSWER, "compare-question", text))["compare-answer"]["children"]
    return texts(said)


def run_of(demonstration_run: PublishedRun, rest: str) -> str:
    return f"run={demonstration_run.run_id}&priority=sv01&{rest}"


def test_an_address_of_weights_is_read() -> None:
    state = read_compare(
        "?run=20260101T000000Z-00000001&priority=sv01&w.harm_rate=0,4&w.x=3&name=A"
    )
    assert state == CompareState(
        run_id="20260101T000000Z-00000001",
        priority="sv01",
        weights=(("harm_rate", 0.4), ("x", 3.0)),
        name="A",
    )


@pytest.mark.parametrize(
    "value", ["", "-1", "nan", "inf", "1e3", "1001", "0x1", "٣", "0.1.2", "99999999", "{1}"]
)
def test_what_is_no_weight_is_left_out(value: str) -> None:
    assert read_compare(f"w.harm_rate={value}").weights == ()


@given(st.one_of(st.text(), st.integers(), st.none()))
def test_reading_an_address_never_fails(search: object) -> None:
    state = read_compare(search)
    assert all(0 <= weight <= 1000 for _, weight in state.weights)


def test_the_answer_is_what_the_command_line_says_of_the_same_weights(
    client: Client, repository: Path, demonstration_run: PublishedRun, tmp_path: Path
) -> None:
    """Only deprivation counts: the file with these weights is the oracle."""
    zero = list(demonstration_run.manifest["priorities"]["sv01"]["indicators"])
    config = settings_of(demonstration_run.manifest)[0].model_dump(mode="json")
    for name in zero:
        weight = 1.0 if name == "deprivation_without_crime" else 0.0
        config["priorities"]["sv01"]["indicators"][name]["weight"] = weight
    (tmp_path / "risk.yaml").write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
    (tmp_path / "harm_weights.csv").write_bytes(
        (repository / "config" / "harm_weights.csv").read_bytes()
    )
    expected = api.compare_with(
        demonstration_run.folder.parent, None, tmp_path / "risk.yaml"
    ).priorities["sv01"]
    assert len(expected.entered) > 0
    weights = "&".join(f"w.{name}={int(name == 'deprivation_without_crime')}" for name in zero)
    said = answer(client, run_of(demonstration_run, weights))
    assert f"Enter the list: {len(expected.entered)}" in said
    assert f"Leave the list: {len(expected.left)}" in said
    for table in (expected.entered, expected.left):
        assert set(table["area_label"]) <= set(said)
    at = said.index(str(expected.entered["area_label"].iloc[0]))
    first = expected.entered.iloc[0]
    assert said[at + 1 : at + 3] == [f"{first.rank_before:,.0f}", f"{first.rank_after:,.0f}"]
    assert said[said.index("Deprivation (without its crime part)") + 2] == "100%"


def test_the_same_weights_times_two_change_nothing(
    client: Client, demonstration_run: PublishedRun
) -> None:
    """Weights are rescaled to one, so only their proportions count."""
    own = demonstration_run.manifest["priorities"]["sv01"]["indicators"]
    doubled = "&".join(f"w.{name}={entry['weight'] * 2:.9g}" for name, entry in own.items())
    said = answer(client, run_of(demonstration_run, doubled))
    assert "No area enters or leaves the SV01 list of 10" in said
    assert not any(text.startswith("Move most") for text in said)


def test_the_page_of_an_address_and_the_live_answer_are_one(
    client: Client, demonstration_run: PublishedRun
) -> None:
    rest = "w.persistence=0&w.harm_rate=1"
    live = answer(client, run_of(demonstration_run, rest))
    whole = texts(page(client, "/compare", f"?{run_of(demonstration_run, rest)}"))
    at = whole.index(live[0])
    assert whole[at : at + len(live)] == live


def fields(node: Any) -> dict[str, str]:
    """The named fields of a form in a component tree, with their values."""
    if isinstance(node, list):
        return {name: value for child in node for name, value in fields(child).items()}
    if not isinstance(node, dict):
        return {}
    props = node["props"]
    own = {props["name"]: props["value"]} if "name" in props and "value" in props else {}
    return own | fields(props.get("children"))


def test_the_form_restores_what_the_address_says(
    client: Client, demonstration_run: PublishedRun
) -> None:
    found = fields(page(client, "/compare", "?priority=sv04&w.persistence=0.9"))
    own = demonstration_run.manifest["priorities"]["sv04"]["indicators"]
    assert found["w.persistence"] == "0.9"
    assert found["priority"] == "sv04"
    assert found["run"] == demonstration_run.run_id
    assert {name for name in found if name.startswith("w.")} == {f"w.{name}" for name in own}
    others = {name for name in own if name != "persistence"}
    assert all(float(found[f"w.{name}"]) == own[name]["weight"] for name in others)


def test_weights_that_sum_to_nothing_are_refused_in_words(
    client: Client, demonstration_run: PublishedRun
) -> None:
    own = demonstration_run.manifest["priorities"]["sv01"]["indicators"]
    said = answer(client, run_of(demonstration_run, "&".join(f"w.{name}=0" for name in own)))
    assert said == ["The weights sum to 0; give at least one indicator a weight."]


@pytest.mark.parametrize(
    "rest",
    ["w.nowhere=1", "w.imd=1&w.harm_rate=1", "priority=sv99", "run=20990101T000000Z-00000009"],
)
def test_a_crafted_question_is_answered_400(
    client: Client, demonstration_run: PublishedRun, rest: str
) -> None:
    body = question(ANSWER, "compare-question", run_of(demonstration_run, rest))
    assert client.post(UPDATE, json=body).status_code == 400


def test_too_many_areas_are_told_of_the_command_line(
    client: Client, demonstration_run: PublishedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "MOST_AREAS", 10)
    said = texts(page(client, "/compare"))
    assert f"hotspots compare {demonstration_run.run_id} --with other.yaml" in said
    body = question(ANSWER, "compare-question", run_of(demonstration_run, "w.harm_rate=1"))
    assert client.post(UPDATE, json=body).status_code == 400


def test_a_run_without_kept_layers_says_so(tmp_path: Path) -> None:
    WEB.publish(tmp_path)
    client = create_app(tmp_path).server.test_client()
    said = " ".join(texts(page(client, "/compare", "?priority=sv01&w.harm_rate=1")))
    assert "has no file 'model/indicators.parquet'" in said


def test_two_runs_are_compared_the_earlier_first(tmp_path: Path) -> None:
    first = WEB.manifest(WEB.areas())["config"]
    for entry in first["priorities"].values():
        entry["list"] = {"size": 10}
    WEB.publish(tmp_path, config=first)
    WEB.publish(tmp_path, WEB.SECOND_ID, config=first | {"version": "other weights"})
    client = create_app(tmp_path).server.test_client()
    for address in (
        f"?run={WEB.FIRST_ID}&with={WEB.SECOND_ID}",
        f"?run={WEB.SECOND_ID}&with={WEB.FIRST_ID}",
    ):
        said = texts(page(client, "/compare", address))
        assert "No area enters or leaves the SV01 list of 10" in said
        assert sum("The list here is the first 10 by rank" in one for one in said) == 2
        at = said.index("version")
        assert said[at + 1 : at + 3] == ["test weights", "other weights"]
    lost = texts(page(client, "/compare", "?with=20990101T000000Z-00000009"))
    assert "The link compares with a run that is not published here." in lost


def test_settings_of_another_version_are_refused_with_the_way_out(
    demonstration_run: PublishedRun,
) -> None:
    strange = {**demonstration_run.manifest, "config": {"version": 7, "nowhere": 1}}
    with pytest.raises(InputError, match="make the run again"):
        settings_of(strange)


def test_a_weight_of_another_priority_is_named(demonstration_run: PublishedRun) -> None:
    config, _ = settings_of(demonstration_run.manifest)
    with pytest.raises(InputError, match="sv01 has no indicator nowhere; it has harm_rate"):
        with_weights(config, "sv01", {"nowhere": 1.0})
    assert list(with_weights(config, "sv04", {}).priorities) == ["sv04"]


def test_every_unknown_weight_is_named(demonstration_run: PublishedRun) -> None:
    config, _ = settings_of(demonstration_run.manifest)
    names = ", ".join(config.priorities["sv01"].indicators)
    words = f"sv01 has no indicator elsewhere, nowhere; it has {names}"
    with pytest.raises(InputError, match=f"^{re.escape(words)}$"):
        with_weights(config, "sv01", {"nowhere": 1.0, "harm_rate": 1.0, "elsewhere": 0.0})


def test_weights_that_are_not_named_are_kept_and_one_must_be_left(
    demonstration_run: PublishedRun,
) -> None:
    config, _ = settings_of(demonstration_run.manifest)
    was = config.priorities["sv01"].indicators
    found = with_weights(config, "sv01", {"harm_rate": 0.0}).priorities["sv01"].indicators
    assert {name: entry.weight for name, entry in found.items()} == {
        **{name: entry.weight for name, entry in was.items()},
        "harm_rate": 0.0,
    }
    least = dict.fromkeys(was, 0.0) | {"persistence": 1e-6}
    assert with_weights(config, "sv01", least)
    with pytest.raises(InputError, match="the weights sum to 0"):
        with_weights(config, "sv01", dict.fromkeys(was, 0.0))


def save(client: Client, rest: str) -> Any:
    return client.get(f"/compare/weights.yaml?{rest}")


@pytest.fixture
def saving(demonstration_run: PublishedRun, repository: Path) -> Client:
    weights = repository / "config" / "risk.yaml"
    settings = WebSettings(weights=weights)
    return create_app(demonstration_run.folder.parent, settings).server.test_client()


def test_changed_weights_are_downloaded_as_a_new_version_with_their_comments(
    saving: Client, demonstration_run: PublishedRun, repository: Path, tmp_path: Path
) -> None:
    """The file reads back as the run's settings with the two weights and the name changed."""
    rest = run_of(
        demonstration_run, "w.harm_rate=0.1&w.persistence=0.55&name=2027+trial&why=A+%22try"
    )
    answer = save(saving, rest)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="2027-trial.yaml"'
    assert 'A "try' in answer.text
    source = repository / "config" / "risk.yaml"
    comments = {
        line.split("#", maxsplit=1)[1].strip()
        for line in source.read_text("utf-8").splitlines()
        if line.lstrip().startswith("#")
    }
    assert all(comment in answer.text for comment in comments)
    (tmp_path / "new.yaml").write_bytes(answer.data)
    made, was = load_risk(tmp_path / "new.yaml"), load_risk(source)
    wanted = with_weights(was, "sv01", {"harm_rate": 0.1, "persistence": 0.55})
    assert made.version == "2027 trial"
    assert made.priorities["sv01"] == wanted.priorities["sv01"]
    assert made.priorities["sv04"] == was.priorities["sv04"]
    assert made.model_copy(update={"version": was.version, "priorities": was.priorities}) == was


@pytest.mark.parametrize(
    ("rest", "status", "said"),
    [
        ("w.harm_rate=0.1", 400, "is no name"),
        ("w.harm_rate=0.1&name=2026-11 first", 400, "is the name of"),
        ("name=other", 400, "no setting differs"),
        ("w.nowhere=0.1&name=other", 404, ""),
        ("priority=sv99&w.harm_rate=1&name=other", 404, ""),
        ("run=20990101T000000Z-00000009&w.harm_rate=1&name=other", 404, ""),
    ],
)
def test_a_version_that_cannot_be_saved_is_refused_in_words(
    saving: Client, demonstration_run: PublishedRun, rest: str, status: int, said: str
) -> None:
    answer = save(saving, run_of(demonstration_run, rest))
    assert answer.status_code == status
    assert said in answer.text
    if status == 400:
        assert "/" not in answer.text  # no folder of this machine


def test_weights_of_another_file_are_not_passed_off_as_those_of_the_run(
    demonstration_run: PublishedRun, repository: Path, tmp_path: Path
) -> None:
    for name in ("risk.yaml", "harm_weights.csv"):
        (tmp_path / name).write_bytes((repository / "config" / name).read_bytes())
    text = (tmp_path / "risk.yaml").read_text("utf-8")
    (tmp_path / "risk.yaml").write_text(text.replace("weight: 0.40", "weight: 0.41"), "utf-8")
    assert text != (tmp_path / "risk.yaml").read_text("utf-8")
    settings = WebSettings(weights=tmp_path / "risk.yaml")
    client = create_app(demonstration_run.folder.parent, settings).server.test_client()
    answer = save(client, run_of(demonstration_run, "w.harm_rate=0.1&name=other"))
    assert answer.status_code == 400
    assert "has other settings than run" in answer.text
    assert str(tmp_path) not in answer.text


def files_of(repository: Path, folder: Path, harm_file: str = "harm_weights.csv") -> Path:
    """The project's two files of weights, the harm weights where the first file says."""
    (folder / harm_file).parent.mkdir(parents=True, exist_ok=True)
    (folder / harm_file).write_bytes((repository / "config" / "harm_weights.csv").read_bytes())
    text = (repository / "config" / "risk.yaml").read_text("utf-8")
    named = text.replace("harm_weights: harm_weights.csv", f"harm_weights: {harm_file}")
    (folder / "risk.yaml").write_text(named, "utf-8")
    return folder / "risk.yaml"


def made_with(run: PublishedRun, source: Path, overrides: dict[str, str]) -> dict[str, Any]:
    """What the manifest of the run would say, had it been made from this file and `--set`."""
    config = load_risk(source, overrides).model_dump(mode="json")
    return {**run.manifest, "config": config, "overrides": overrides}


def test_other_harm_weights_beside_the_file_are_not_passed_off_either(
    demonstration_run: PublishedRun, repository: Path, tmp_path: Path
) -> None:
    source = files_of(repository, tmp_path)
    asked = {"harm_rate": 0.1}
    assert save_weights(source, demonstration_run.manifest, "sv01", asked, name="new")
    manifest = {**demonstration_run.manifest}
    manifest["harm_weights"] = {**manifest["harm_weights"], "robbery": 1.0}
    with pytest.raises(ConfigError, match="has other settings than run"):
        save_weights(source, manifest, "sv01", asked, name="new")


def test_what_was_set_for_the_run_is_in_the_new_file_and_nothing_else_is_touched(
    demonstration_run: PublishedRun, repository: Path, tmp_path: Path
) -> None:
    """The harm weights lie two folders down, as the file may say."""
    source = files_of(repository, tmp_path, "tables/2026/harm.csv")
    overrides = {"density.bandwidth_m": "1500"}
    manifest = made_with(demonstration_run, source, overrides)
    exact = 0.12345678901
    made = save_weights(source, manifest, "sv01", {"harm_rate": exact}, name="new").decode()
    lines = ndiff(source.read_text("utf-8").splitlines(), made.splitlines())
    touched = [line[2:].split(":")[0].strip() for line in lines if line.startswith("- ")]
    assert touched == ["version", "weight", "bandwidth_m"]
    (tmp_path / "new.yaml").write_text(made, "utf-8")
    found, was = load_risk(tmp_path / "new.yaml"), load_risk(source)
    assert found.density.bandwidth_m == 1500.0
    assert found.priorities["sv01"].indicators["harm_rate"].weight == 0.123456789
    assert found.priorities["sv04"] == was.priorities["sv04"]
    with pytest.raises(ConfigError, match="has other settings than run"):
        save_weights(source, {**manifest, "overrides": {}}, "sv01", {"harm_rate": 1}, name="new")


def test_without_a_file_of_weights_the_command_is_told_and_nothing_is_downloaded(
    client: Client, demonstration_run: PublishedRun
) -> None:
    rest = run_of(demonstration_run, "w.harm_rate=0.1")
    said = answer(client, rest)
    assert "Download the file" not in said
    command = "hotspots weights save NEW.yaml --name NAME --set "
    assert f"{command}priorities.sv01.indicators.harm_rate.weight=0.1" in said
    assert save(client, f"{rest}&name=x").status_code == 404


def test_the_change_that_moved_an_area_is_named(
    client: Client, demonstration_run: PublishedRun
) -> None:
    """One weight is changed, so that it moved every area that moved."""
    said = answer(client, run_of(demonstration_run, "w.deprivation_without_crime=4"))
    assert "Mostly through" in said
    assert "Deprivation (without its crime part): 0.25 to 4" in said
