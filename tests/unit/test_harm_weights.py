"""Harm weights: the shipped values show their arithmetic, and a bad file is refused at its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from risk_model.config.harm import HarmWeights, load_harm_weights
from spatial.categories import CATEGORIES
from spatial.errors import ConfigError

HEADER = "category,weight,offences_averaged,source,date,note"
PART = re.compile(r"(?P<name>.+) (?P<share>[0-9.]+) x (?P<weight>[0-9.]+)")


@pytest.fixture(scope="module")
def shipped(repository: Path) -> HarmWeights:
    return load_harm_weights(repository / "config" / "harm_weights.csv")


def test_every_category_has_a_weight_with_its_origin(shipped: HarmWeights) -> None:
    assert tuple(shipped.weights) == CATEGORIES
    assert all(row.source and row.date and row.offences_averaged for row in shipped.rows)


def test_anti_social_behaviour_is_no_crime(shipped: HarmWeights) -> None:
    assert shipped.weights["anti_social_behaviour"] == 0
    assert all(weight > 0 for name, weight in shipped.weights.items() if "anti_social" not in name)


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_weight_is_the_average_it_says(category: str, shipped: HarmWeights) -> None:
    """`offences_averaged` is the sum: shares add to 1, and shares times weights to the weight."""
    row = next(row for row in shipped.rows if row.category == category)
    parts = [PART.fullmatch(part) for part in row.offences_averaged.split("; ")]
    assert all(parts), row.offences_averaged
    shares = [float(part["share"]) for part in parts if part]
    products = [float(part["share"]) * float(part["weight"]) for part in parts if part]
    assert sum(shares) == pytest.approx(1, abs=0.002)
    assert row.weight == pytest.approx(sum(products), rel=0.005, abs=1e-9)
    if len(parts) > 1:
        assert row.note.startswith("PROXY")


def test_anchors_are_the_published_values(shipped: HarmWeights) -> None:
    """ONS Crime Severity Score, current list of weights."""
    text = {row.category: row.offences_averaged for row in shipped.rows}
    assert shipped.weights["robbery"] == 993.55
    assert "x 9.16" in text["criminal_damage_and_arson"]
    assert "x 7.58" in text["public_order"]
    for anchor in ("x 203.07", "x 12.99", "x 39.64", "x 8000"):
        assert anchor in text["violence_and_sexual_offences"]


def test_violence_is_a_proxy_within_the_range_that_was_examined(shipped: HarmWeights) -> None:
    assert 80 <= shipped.weights["violence_and_sexual_offences"] <= 500
    assert shipped.weights["violence_and_sexual_offences"] < shipped.weights["robbery"]


def test_one_weight_can_be_scaled_and_the_others_stay(shipped: HarmWeights) -> None:
    halved = shipped.scaled("violence_and_sexual_offences", 0.5)
    assert halved.weights["violence_and_sexual_offences"] == 112
    assert {k: v for k, v in halved.weights.items() if "violence" not in k} == {
        k: v for k, v in shipped.weights.items() if "violence" not in k
    }


def test_weights_cannot_be_changed_in_place(shipped: HarmWeights) -> None:
    with pytest.raises(TypeError):
        shipped.weights["robbery"] = 1.0  # type: ignore[index]


def rows(**changes: str) -> list[str]:
    found = [
        f"{name},{changes.pop(name, '10')},x 1 x 10,a source,2026,a note" for name in CATEGORIES
    ]
    assert not changes
    return [
        line.replace(",10,", ",0,", 1)
        if line.startswith("anti_social") and ",10," in line
        else line
        for line in found
    ]


def refused(folder: Path, lines: list[str]) -> ConfigError:
    path = folder / "harm.csv"
    path.write_bytes("\n".join([HEADER, *lines]).encode())
    with pytest.raises(ConfigError) as caught:
        load_harm_weights(path)
    return caught.value


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "harm.csv"
    path.write_bytes(("\ufeff" + "\r\n".join([HEADER, *rows(robbery="994"), ""])).encode())
    assert load_harm_weights(path).weights["robbery"] == 994


@pytest.mark.parametrize(
    "text", ["nan", "inf", "-1", "", "x", "1_000", "True", "1,5".replace(",", ";"), "1e9", "½"]
)
def test_a_weight_that_is_none_is_refused_at_its_line(text: str, tmp_path: Path) -> None:
    error = refused(tmp_path, rows(robbery=text))
    assert [fault.line for fault in error.faults] == [CATEGORIES.index("robbery") + 2]
    assert "is not a weight" in str(error)
    assert "harm.csv:11: weight: " in str(error)


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    lines = rows(robbery="x", burglary="-1", anti_social_behaviour="3")
    lines += ["robery,1,a,b,c,d", lines[3], "too,few"]
    error = refused(tmp_path, lines)
    message = str(error)
    assert len(error.faults) == 6
    assert "did you mean robbery?" in message
    assert "given twice, on line 5 and on line 17" in message
    assert "not a crime; its harm weight is 0" in message
    assert "2 cells where the header has 6" in message


def test_a_weight_without_source_is_refused(tmp_path: Path) -> None:
    lines = [line.replace(",a source,", ",,") for line in rows()]
    assert len(refused(tmp_path, lines).faults) == len(CATEGORIES)


def test_a_missing_category_is_refused(tmp_path: Path) -> None:
    assert "no weight for drugs, robbery" in str(
        refused(
            tmp_path, [line for line in rows() if line.split(",")[0] not in {"drugs", "robbery"}]
        )
    )


def test_weights_that_sum_to_nothing_are_refused(tmp_path: Path) -> None:
    assert "sum to 0" in str(refused(tmp_path, rows(**dict.fromkeys(CATEGORIES, "0"))))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"category,wieght\n", "weight: column missing"),
        (b"category,weight,weight,offences_averaged,source,date,note\n", "given twice"),
        (b"caf\xe9", "not UTF-8"),
        (b"a\0b", "NUL"),
        (b'category,weight,offences_averaged,source,date,note\n"open', "CSV"),
        (b"x" * 300_000, "256 KiB"),
    ],
)
def test_a_file_of_another_kind_is_refused(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "harm.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        load_harm_weights(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_harm_weights(tmp_path / "gone.csv")
