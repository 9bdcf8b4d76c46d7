"""A changed set of weights is a new file: exact, whole, never over another, refused in words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from dashboards.cli.main import app
from risk_model.config import write
from risk_model.config.loader import read_document
from risk_model.config.risk import RiskConfig, load_risk
from risk_model.config.write import save_version
from risk_model.run_store import PublishedRun
from risk_model.weight_versions import list_versions
from spatial.errors import ConfigError

HARM = "priorities.sv01.indicators.harm_rate"
OTHER = {
    "context": "driver", "study_area": "stratum", "residents": "none", "harm": "{robbery: 1}",
    "rank": "zscore", "higher_is_worse": "lower_is_worse", "arithmetic": "geometric",
    "queen": "rook", "contiguous": "2000", "benjamini-hochberg": "none", "exact": "esda",
    "gamma_poisson": "marshall", "quartic": "gaussian", "land": "none", "2 of 3": "3 of 3",
    "drop_component": "null", "0 of 3": "1 of 4",
}  # fmt: skip


@pytest.fixture
def folder(repository: Path, tmp_path: Path) -> Path:
    for name in ("risk.yaml", "harm_weights.csv", "inputs.yaml"):
        shutil.copy(repository / "config" / name, tmp_path / name)
    return tmp_path


def leaves(data: Any, above: tuple[str, ...] = ()) -> list[tuple[str, Any]]:
    if isinstance(data, dict):
        return [leaf for key, value in data.items() for leaf in leaves(value, (*above, key))]
    return [] if isinstance(data, tuple) else [(".".join(above), data)]


def other(key: str, value: Any) -> str:
    if key.endswith((".why", ".title", ".aim", ".sentence")):
        return "other words"
    if isinstance(value, str):
        return OTHER.get(value, "no such word")
    return str(round(value * 1.1, 4) if isinstance(value, float) else value + 1)


def comments(text: str) -> list[str]:
    return [line.partition("#")[2] for line in text.splitlines() if "#" in line]


ALL = [
    (key, value)
    for key, value in leaves(read_document(Path(__file__).parents[2] / "config" / "risk.yaml").data)
    if key not in ("version", "harm_weights")
]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(ALL))
def test_any_setting_changed_alone_leaves_every_other_byte(
    folder: Path, chosen: tuple[str, Any]
) -> None:
    key, value = chosen
    source, target = folder / "risk.yaml", folder / "new.yaml"
    target.unlink(missing_ok=True)
    change = {key: other(key, value)}
    try:
        wanted = load_risk(source, {**change, "version": "trial"})
    except ConfigError:
        assume(False)  # this setting takes other words than those tried here
    done = save_version(source, target, change, version="trial", why="a test")
    assert done.config == load_risk(target) == wanted
    old, new = (path.read_text(encoding="utf-8").splitlines() for path in (source, target))
    at, then = (
        next(i for i, line in enumerate(lines) if line.startswith("version:"))
        for lines in (old, new)
    )
    note = new[at:then]
    assert note[0].startswith("# trial: 2026-11 first (risk.yaml) with")
    assert note[-1] == "# Why: a test"
    assert f"# - {key}: " in "\n".join(note)
    assert new[then] == old[at].replace("2026-11 first  ", "trial          ", 1)
    new = [*new[:at], old[at], *new[then + 1 :]]
    # What is left differs where the value stands and nowhere else.
    place = read_document(source).places[tuple(key.split("."))]
    first = place.key_line - 1
    folded = old[first].rstrip().endswith(">-")
    rest = old[first + 1 + (len(new) < len(old)) * (len(old) - len(new)) :]
    assert new[:first] == old[:first]
    assert new[first + 1 :] == rest
    assert new[first] != old[first]
    assert folded or len(new) == len(old)
    assert comments("\n".join(old)) == comments("\n".join(new))


def test_every_setting_of_the_file_is_tried_somewhere() -> None:
    assert len(ALL) > 60
    assert {"density.bandwidth_m", "missing.deprivation", f"{HARM}.weight"} <= {k for k, _ in ALL}


def test_several_changes_and_keys_that_the_file_leaves_out(folder: Path) -> None:
    changes = {
        f"{HARM}.weight": "0.5",
        "priorities.sv01.indicators.robbery_rate.weight": "0.1",
        "priorities.sv01.list.size": "12",
        "rurality.under_reporting_uplift.rural": "1.2",
    }
    save_version(folder / "risk.yaml", folder / "new.yaml", changes, version="2027-01: a, #1")
    config = load_risk(folder / "new.yaml")
    assert config.version == "2027-01: a, #1"
    assert config.priorities["sv01"].indicators["robbery_rate"].weight == 0.1
    assert config.priorities["sv01"].list.size == 12
    assert config.priorities["sv01"].indicators.keys() > {"harm_rate", "persistence"}


def test_a_group_with_defaults_is_written_out_whole(folder: Path) -> None:
    source = folder / "short.yaml"
    source.write_text("# hardly anything\nversion: first\n", encoding="utf-8")
    changes = {"priorities.sv01.indicators.persistence.weight": "3"}
    save_version(source, folder / "new.yaml", changes, version="second")
    config = load_risk(folder / "new.yaml")
    assert config.priorities.keys() == RiskConfig().priorities.keys()
    assert config.priorities["sv01"].indicators["persistence"].weight == 3
    assert (folder / "new.yaml").read_text(encoding="utf-8").startswith("# hardly anything\n")


def test_line_ends_and_byte_order_mark_stay(folder: Path) -> None:
    source = folder / "windows.yaml"
    text = (folder / "risk.yaml").read_bytes().replace(b"\n", b"\r\n").replace(b"2026-11", b"2026")
    source.write_bytes(b"\xef\xbb\xbf" + text)
    save_version(source, folder / "new.yaml", {f"{HARM}.weight": "0.5"}, version="second")
    written = (folder / "new.yaml").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf#")
    assert written.count(b"\n") == written.count(b"\r\n")
    assert b"\xef\xbb\xbf" not in written[3:]


def refused(*arguments: Any, **options: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        save_version(*arguments, **options)
    return [str(fault) for fault in caught.value.faults]


def test_every_fault_is_told_at_once_and_nothing_is_written(folder: Path) -> None:
    before = sorted(folder.iterdir())
    source = folder / "risk.yaml"
    told = refused(
        source,
        folder / "inputs.yaml",
        {f"{HARM}.wieght": "0.5", "density.cell_m": "many", "version": "x"},
        version=" ",
    )
    assert any("exists; a version is never written over" in text for text in told)
    assert any("is no name" in text for text in told)
    assert any("did you mean" in text and "harm_rate.weight" in text for text in told)
    assert any("density.cell_m" in text for text in told)
    assert any("given by --name" in text for text in told)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({f"{HARM}.weight": "0.40"}, {}, "no setting differs"),
        ({f"{HARM}.weight": "0.5"}, {"version": "2026-11 first"}, "is the name of"),
        ({f"{HARM}.weight": "-1"}, {}, "greater than or equal to 0|0 or more|at least 0"),
        ({"priorities.sv01.indicators": "{harm_rate: {weight: 1}}"}, {}, "several lines"),
    ],
)
def test_what_cannot_be_saved(
    folder: Path, change: dict[str, str], options: dict[str, str], words: str
) -> None:
    told = "\n".join(
        refused(folder / "risk.yaml", folder / "new.yaml", change, **{"version": "n"} | options)
    )
    assert any(word in told for word in words.split("|")), told
    assert not (folder / "new.yaml").exists()


def test_a_target_that_cannot_be(folder: Path) -> None:
    source, change = folder / "risk.yaml", {f"{HARM}.weight": "0.5"}
    assert "ends in .yaml" in refused(source, folder / "new.txt", change, version="n")[0]
    assert "is not a folder" in refused(source, folder / "no" / "new.yaml", change, version="n")[0]
    (folder / "new.yaml").symlink_to(folder / "nowhere.yaml")
    assert "exists" in refused(source, folder / "new.yaml", change, version="n")[0]
    assert not (folder / "nowhere.yaml").exists()


def test_another_folder_needs_the_same_harm_weights(folder: Path) -> None:
    there = folder / "trials"
    there.mkdir()
    source, change = folder / "risk.yaml", {f"{HARM}.weight": "0.5"}
    assert "harm_weights.csv" in refused(source, there / "new.yaml", change, version="n")[0]
    text = (folder / "harm_weights.csv").read_text(encoding="utf-8")
    (there / "harm_weights.csv").write_text(text, encoding="utf-8")
    save_version(source, there / "new.yaml", change, version="n")
    weights = [line.split(",") for line in text.splitlines()]
    changed = next(row for row in weights if row[0] == "robbery")
    changed[1] = "1"
    (there / "harm_weights.csv").write_text(
        "\n".join(",".join(row) for row in weights), encoding="utf-8"
    )
    told = refused(source, there / "newer.yaml", change, version="m")
    assert any("other harm weights" in text or "cells" in text for text in told)


def test_what_the_loader_refuses_is_refused(folder: Path) -> None:
    source = folder / "odd.yaml"
    source.write_text("version: &a first\nharm_weights: *a\nversion: again\n", encoding="utf-8")
    told = "\n".join(refused(source, folder / "new.yaml", {f"{HARM}.weight": "1"}, version="n"))
    for word in ("anchor", "alias", "given twice"):
        assert word in told


def test_a_file_that_comes_meanwhile_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = folder / "new.yaml"
    publish = write._publish

    def late(content: bytes, path: Path, *, mode: int) -> None:
        path.write_text("someone else's", encoding="utf-8")
        publish(content, path, mode=mode)

    monkeypatch.setattr(write, "_publish", late)
    told = refused(folder / "risk.yaml", target, {f"{HARM}.weight": "0.5"}, version="n")
    assert "never written over" in told[0]
    assert target.read_text(encoding="utf-8") == "someone else's"
    assert not list(folder.glob(".unfinished-*"))


def test_versions_and_the_runs_that_used_them(
    repository: Path, demonstration_run: PublishedRun, folder: Path
) -> None:
    runs = demonstration_run.folder.parent
    save_version(folder / "risk.yaml", folder / "new.yaml", {f"{HARM}.weight": "0.5"}, version="n")
    (folder / "wrong.yaml").write_text("version: wrong\ndensty: {}\n", encoding="utf-8")
    found = {entry.path.name: entry for entry in list_versions(folder, runs)}
    assert set(found) == {"new.yaml", "risk.yaml", "wrong.yaml"}
    first = found["risk.yaml"]
    assert first.runs == (demonstration_run.run_id,)
    assert first.sha256 == demonstration_run.manifest["config_sha256"]
    assert found["new.yaml"].runs == ()
    assert "densty" in found["wrong.yaml"].fault
    # The same name with other settings is said.
    text = (folder / "risk.yaml").read_text(encoding="utf-8")
    (folder / "risk.yaml").write_text(text.replace("weight: 0.40", "weight: 0.41", 1))
    again = {entry.path.name: entry for entry in list_versions(folder, runs)}["risk.yaml"]
    assert again.runs == ()
    assert again.other_runs == (demonstration_run.run_id,)


def test_the_commands(demonstration_run: PublishedRun, folder: Path) -> None:
    runner, runs = CliRunner(), str(demonstration_run.folder.parent)
    new = folder / "new.yaml"
    arguments = ["weights", "save", str(new), "--from", str(folder / "risk.yaml")]
    done = runner.invoke(
        app, [*arguments, "--set", f"{HARM}.weight=0.5", "--name", "trial", "--why", "the board"]
    )
    assert done.exit_code == 0, done.output
    assert "hotspots compare --with" in done.output
    assert "# Why: the board" in new.read_text(encoding="utf-8")
    shown = runner.invoke(app, ["weights", "list", "--folder", str(folder), "--runs", runs])
    assert shown.exit_code == 0, shown.output
    assert "trial" in shown.output
    assert demonstration_run.run_id in shown.output
    compared = runner.invoke(app, ["compare", "--with", str(new), "--runs", runs, "--json"])
    causes = json.loads(compared.stdout)["priorities"]["sv01"]["causes"]
    assert [cause["cause"] for cause in causes] == ["harm_rate 0.4 -> 0.5"]
    empty = folder / "empty"
    empty.mkdir()
    nothing = runner.invoke(app, ["weights", "list", "--folder", str(empty), "--runs", runs])
    assert "no file of weights" in nothing.output
