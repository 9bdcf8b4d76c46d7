"""A published run says what its lists hang on, and its parts agree with one another."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboards.cli.console import Console
from dashboards.cli.summaries import print_run
from dashboards.exports.columns import TABLES
from risk_model.run_store import PublishedRun


@pytest.mark.parametrize("name", ["sensitivity", "list_changes"])
def test_every_column_is_described(demonstration_run: PublishedRun, name: str) -> None:
    table = pd.read_csv(demonstration_run.path(f"{name}.csv"))
    assert list(table.columns) == list(TABLES[name])


def test_the_changes_start_from_the_published_list(demonstration_run: PublishedRun) -> None:
    areas = demonstration_run.areas()
    changes = pd.read_csv(demonstration_run.path("list_changes.csv"))
    moved = changes[changes["change"] != "none"]
    assert len(moved) > 4
    for row in moved.itertuples():
        assert areas[f"{row.priority}_rank"][row.area_code] == row.rank_before
        assert areas["area_label"][row.area_code] == row.area_label
        assert (row.change == "leaves") == (row.rank_before <= 10)
    sizes = moved.pivot_table(
        index=["priority", "scenario"], columns="change", aggfunc="size", fill_value=0
    )
    assert (sizes["enters"] == sizes["leaves"]).all()


def test_the_shift_of_the_violence_weight_is_told_alike(demonstration_run: PublishedRun) -> None:
    changes = pd.read_csv(demonstration_run.path("list_changes.csv"))
    said = demonstration_run.manifest["statistics"]["diagnostics"]["sv01"]["violence_weight"]
    for word in ("halved", "doubled"):
        rows = changes[
            (changes["scenario"] == f"violence weight {word}") & (changes["change"] == "leaves")
        ]
        assert len(rows) == said["of"] - said[word]


def test_effective_weights_come_from_the_published_contributions(
    demonstration_run: PublishedRun,
) -> None:
    table = pd.read_csv(demonstration_run.path("sensitivity.csv"))
    parts = demonstration_run.contributions()
    for key in ("sv01", "sv04"):
        wide = parts[parts["priority"] == key].pivot_table(
            index="area_code", columns="indicator", values="contribution"
        )
        score = wide.sum(axis=1)
        rows = table[table["priority"] == key].set_index("indicator")
        for name in wide.columns:
            slow = wide[name].cov(score) / score.var()
            assert rows["effective_weight"][name] == pytest.approx(slow, abs=1e-8)


def test_the_run_is_summed_up_with_it_and_without(
    demonstration_run: PublishedRun, capsys: pytest.CaptureFixture[str]
) -> None:
    print_run(Console(), demonstration_run)
    assert "Weight as set -> as it works: harm_rate 0.40 -> " in capsys.readouterr().out
    earlier = {
        name: digest
        for name, digest in demonstration_run.manifest["outputs"].items()
        if name != "sensitivity.csv"
    }
    old = PublishedRun(
        demonstration_run.run_id,
        demonstration_run.folder,
        {**demonstration_run.manifest, "outputs": earlier},
    )
    print_run(Console(), old)
    assert "as it works" not in capsys.readouterr().out
