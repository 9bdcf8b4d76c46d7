"""Which area `hotspots explain` finds, and what it suggests where there is none."""

from __future__ import annotations

import pytest

import web_run as WEB
from dashboards.cli.explain import _find
from risk_model.run_store import PublishedRun
from spatial.errors import InputError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    listed = WEB.areas()[["area_label"]].reset_index()
    runs = tmp_path_factory.mktemp("explain")
    return WEB.publish(runs, names=["Quay [x.*"], tables={"areas": listed})


def said(run: PublishedRun, wanted: str) -> str:
    with pytest.raises(InputError) as fault:
        _find(run, run.areas(), wanted)
    return str(fault.value)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("x01000007", "X01000007"),
        (" Harbour B, Ward 1 ", "X01000001"),
        ("quay [x", "X01000000"),
        ("004B", "X01000033"),  # of the official name alone
    ],
)
def test_a_code_or_a_part_of_a_name_finds_its_area(
    run: PublishedRun, wanted: str, code: str
) -> None:
    assert _find(run, run.areas(), wanted) == code


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ("X0100007", "Abbey H, Ward 2 (X01000047)"),  # a figure left out
        ("X01000074", "Harbour E, Ward 4 (X01000004)"),
        ("X10000046", "Abbey G, Ward 1 (X01000046)"),  # two that changed places
        ("Harbuor", "'Harbour'"),
        ("Sanford B, Ward 3", "'Sandford B, Ward 3'"),
    ],
)
def test_only_what_is_near_is_suggested(run: PublishedRun, wanted: str, meant: str) -> None:
    message = said(run, wanted)
    assert f"AREA: {wanted!r} is no area of this run; did you mean " in message
    assert meant in message


@pytest.mark.parametrize("wanted", ["E01020478", "X01990001", "X01", "Bournemouth"])
def test_what_is_far_is_not_suggested_but_where_areas_are_listed(
    run: PublishedRun, wanted: str
) -> None:
    message = said(run, wanted)
    assert "did you mean" not in message
    assert "The run holds 48 areas of East Shire, West Shire: " in message
    assert f"{run.path('areas.csv')} lists their codes and names" in message


def test_codes_that_lack_the_last_figure_come_first_and_the_rest_is_counted(
    run: PublishedRun,
) -> None:
    message = said(run, "X0100001")
    meant = message.partition("did you mean ")[2]
    assert meant.count("(X01") == 10
    assert [meant.find(f"(X0100001{i})") >= 0 for i in range(8)] == [True] * 8
