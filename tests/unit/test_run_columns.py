"""What notes say of a column: what the settings of that very run made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

import small_run as SMALL
from dashboards.exports.columns import PER_PRIORITY, TABLES
from dashboards.exports.readme import readme_text
from dashboards.exports.registry import FORMATS
from dashboards.exports.run_columns import columns_of
from risk_model.config.risk import Statistics

NAMES = ("lisa_i", "lisa_p", "lisa_q", "lisa_cluster", "gi_p", "gi_q", "gi_bin", "eb_rate")


def manifest(**changes: object) -> dict[str, Any]:
    settings = Statistics(**changes).model_dump()  # type: ignore[arg-type]
    return SMALL.manifest(
        SMALL.areas(),
        config={"version": "test weights", "statistics": settings},
        statistics={"tested_variable": {"sv01": "shrunken harm rate"}},
    )


def said(name: str, run: dict[str, Any]) -> str:
    (column,) = columns_of([f"sv01_{name}"], table="areas", manifest=run)
    about, _, text = column.description.partition(": ")
    assert about == "SV01 (High-harm offending)"
    return text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {},
            {
                "lisa_i": "Of the shrunken harm rate: above 0",
                "lisa_p": "two-sided; on 99,999 chance maps.",
                "lisa_q": "corrected for testing every area (Benjamini and Hochberg)",
                "lisa_cluster": "Only where the q-value is at most 0.05; else",
                "gi_bin": "-3, -2, -1 a cold spot; 0 neither.",
                "eb_rate": "pulled towards the mean of the study area (gamma-Poisson).",
            },
        ),
        (
            {"correction": "none", "alpha": 0.01},
            {
                "lisa_q": "it is not corrected",
                "gi_q": "it is not corrected",
                "lisa_cluster": "Only where the p-value, which is not corrected, is at most 0.01;",
                "gi_bin": "By the p-value, which is not corrected.",
                "gi_p": "or 0.01 of the cluster p-value",
            },
        ),
        (
            {"alternative": "greater", "engine": "esda", "permutations": 9_999},
            {
                "lisa_p": "only areas like their neighbours are looked for; on 9,999 chance maps of "
                "the esda library.",
                "lisa_cluster": "Low-Low: low among low; no other is looked for.",
                "gi_p": "only hot spots are looked for; on 9,999",
                "gi_bin": "0 none. Cold spots are not looked for.",
            },
        ),
        (
            {"alternative": "less", "neighbours": "rook", "smoothing": "marshall"},
            {
                "lisa_i": "Neighbours share a border.",
                "lisa_cluster": "With under one event an area none is named.",
                "gi_bin": "Hot spots are not looked for.",
                "eb_rate": "(Marshall's global empirical Bayes)",
            },
        ),
    ],
)
def test_a_column_is_what_the_settings_made_it(
    changes: dict[str, object], words: dict[str, str]
) -> None:
    run = manifest(**changes)
    for name, wanted in words.items():
        assert wanted in said(name, run)
    every = " ".join(said(name, run) for name in NAMES)
    assert "unless" not in every, "the general words of the data contract"
    if "alternative" in changes:
        assert "two-sided" not in every
    if changes.get("correction") == "none":
        assert "Benjamini" not in every
        assert "q-value is" not in every


def test_a_run_that_recorded_no_settings_has_the_general_words() -> None:
    older = SMALL.manifest(SMALL.areas())
    for name in NAMES:
        assert said(name, older) == PER_PRIORITY[name].description


def test_other_columns_and_tables_are_as_they_were() -> None:
    found = columns_of(TABLES["ledger"], table="ledger", manifest=manifest())
    assert found == list(TABLES["ledger"].values())
    assert said("score", manifest()) == PER_PRIORITY["score"].description


def test_the_workbook_and_the_readme_tell_of_their_own_run(tmp_path: Path) -> None:
    described = manifest(alternative="greater", correction="none")
    run = SMALL.publish_small_run(
        tmp_path / "runs", config=described["config"], statistics=described["statistics"]
    )
    areas = run.areas().assign(place_name="", sv01_gi_agreement=float("nan"), sv01_lisa_p=0.5)
    areas.reset_index().to_parquet(run.path("areas.parquet"))
    FORMATS["xlsx"].write(run, tmp_path / "out")
    notes = openpyxl.load_workbook(tmp_path / "out" / "run.xlsx")["Notes"]
    text = {row[0]: str(row[3]) for row in notes.iter_rows(values_only=True) if row[3]}
    assert "only areas like their neighbours are looked for" in text["sv01_lisa_p"]
    blank = {name for name, words in text.items() if "Empty throughout in this run." in words}
    assert {"place_name", "sv01_gi_agreement"} <= blank
    assert not blank & {"area_label", "sv01_lisa_p", "sv01_score"}
    readme = " ".join(readme_text(manifest=described, columns=["sv01_lisa_q"]).split())
    assert "it is not corrected for testing every area" in readme
