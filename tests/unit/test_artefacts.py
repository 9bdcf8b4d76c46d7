"""Artefacts of recording: entries that veto, map points that caution, tiers that are capped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import model_case as CASE
from risk_model.artefacts import (
    artefact_text,
    artefact_warnings,
    detected,
    no_artefacts,
    place_artefacts,
    point_kind,
    vetoed,
)
from risk_model.config.settings import Guards
from risk_model.evidence import capped
from risk_model.layers.artefact_list import read_artefacts
from risk_model.scoring import score_model
from spatial.errors import InputError

CODES = ("E01990001", "E01990002", "E01990003")
HEADER = "area_code,kind,reason,source,expires\n"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "artefacts.csv"
    path.write_text(text, encoding="utf-8")
    return path


def points(**share: float) -> pd.DataFrame:
    names = {
        "E01990001": "On or near Hospital",
        "E01990002": "On or near Hospital Road",
        "E01990003": "On or near Supermarket",
    }
    frame = pd.DataFrame({"share": pd.Series(share, dtype=float)}).assign(events=100)
    frame["name"] = [names[code] for code in frame.index]
    return frame


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("On or near Prison", "prison"),
        ("On or near Hospital", "hospital"),
        ("On or near Police Station", "police_station"),
        ("On or near Supermarket", "supermarket"),
        ("On or near Shopping Area", "shopping_area"),
        ("On or near Prison Lane", ""),
        ("On or near Hospital Street", ""),
        ("On or near Parking Area", ""),
        ("No Location", ""),
        ("", ""),
    ],
)
def test_a_point_tells_its_kind_and_a_street_does_not(name: str, kind: str) -> None:
    assert point_kind(name) == kind


def test_entries_veto_and_detected_points_only_caution(tmp_path: Path) -> None:
    path = write(tmp_path, f"{HEADER}E01990002,prison,Offences inside,Analyst,\n")
    entered = read_artefacts(path, shown_as="artefacts.csv")
    found = place_artefacts(CODES, entered, points(E01990001=0.6, E01990003=0.4), end="2025-06")
    guards = Guards()
    assert vetoed(found, guards).tolist() == [False, True, False]
    assert artefact_text(found, guards).tolist() == [
        "60% of its events lie at one map point of the kind hospital; a caution, not a veto",
        "prison: Offences inside (source: Analyst); not flagged for this reason",
        "",
    ]
    said = artefact_warnings(found, guards)
    assert [words.split(" ")[1:3] for words in said] == [["1", "area"], ["in", "1"]]
    both = guards.model_copy(update={"artefact_veto": "entered_and_detected"})
    assert vetoed(found, both).tolist() == [True, True, False]
    assert artefact_text(found, both)[0].endswith("not flagged for this reason")
    off = guards.model_copy(update={"artefact_veto": "none"})
    assert not vetoed(found, off).any()
    assert artefact_text(found, off)[1].endswith("a caution, not a veto")
    assert "guards.artefact_veto is none" in artefact_warnings(found, off)[0]


def test_few_events_are_not_judged() -> None:
    few = points(E01990001=1.0).assign(events=19)
    found = place_artefacts(CODES, None, few, end="2025-06")
    assert artefact_text(found, Guards()).tolist() == ["", "", ""]
    enough = Guards(map_point_events=19)
    assert artefact_text(found, enough)[0].startswith("100% of its events")


@pytest.mark.parametrize(
    ("expires", "live"), [("", True), ("2025-06", True), ("2025-06-30", True), ("2025-05", False)]
)
def test_an_entry_ends_when_it_says(tmp_path: Path, expires: str, live: bool) -> None:
    path = write(tmp_path, f"{HEADER}E01990001,Police Station,Custody suite,Force,{expires}\n")
    entered = read_artefacts(path, shown_as="artefacts.csv")
    found = place_artefacts(CODES, entered, points(), end="2025-06")
    assert vetoed(found, Guards()).tolist() == [live, False, False]


def test_the_expiry_column_may_be_left_out(tmp_path: Path) -> None:
    path = write(
        tmp_path, "LSOA21CD,Kind,Reason,Source\nE01990001,other,Magistrates' court,Court\n"
    )
    frame = read_artefacts(path, shown_as="a.csv").frame
    assert frame.to_dict("records") == [
        {
            "area_code": "E01990001",
            "kind": "other",
            "reason": "Magistrates' court",
            "source": "Court",
            "expires": "",
        }
    ]


def test_a_list_without_an_entry_is_a_list(tmp_path: Path) -> None:
    assert read_artefacts(write(tmp_path, HEADER), shown_as="a.csv").frame.empty


def test_all_faults_of_a_list_at_once(tmp_path: Path) -> None:
    rows = (
        "E0199000,prison,Why,Who,\n"
        "E01990002,prision,Why,Who,\n"
        "E01990003,hospital,,,soon\n"
        "E01990004,hospital,Why,Who,2025-02-30\n"
        "E01990005,hospital,Why,Who,\n"
        "E01990005,hospital,Again,Who,\n"
    )
    with pytest.raises(InputError) as caught:
        read_artefacts(write(tmp_path, HEADER + rows), shown_as="a.csv")
    found = [(fault.line, fault.field, fault.message) for fault in caught.value.faults]
    assert found == [
        (2, "area_code", "'E0199000' is not an area code such as E01020361"),
        (3, "kind", "'prision' is not a kind of artefact; did you mean 'prison'?"),
        (4, "reason", "is blank; say why the area's figures come from recording"),
        (4, "source", "is blank; say who knows this, or from where"),
        (4, "expires", "'soon' is not a month (YYYY-MM) or day (YYYY-MM-DD)"),
        (5, "expires", "'2025-02-30' is not a month (YYYY-MM) or day (YYYY-MM-DD)"),
        (7, "area_code", "E01990005 has an entry of kind hospital on line 6 already"),
    ]


def test_missing_columns_are_named_together(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column 'reason'") as caught:
        read_artefacts(write(tmp_path, "area_code,kind,resaon\nE01990001,prison,x\n"), shown_as="a")
    assert {fault.field for fault in caught.value.faults} == {"reason", "source"}


def test_a_veto_caps_the_tier_and_nothing_else() -> None:
    tier = np.array(["Strong", "Supported", "Watch", "Not evidenced", "Strong"])
    held = np.array([True, True, True, True, False])
    assert capped(tier, held).tolist() == ["Watch", "Watch", "Watch", "Not evidenced", "Strong"]


def test_a_vetoed_area_keeps_its_rank_and_loses_its_flag_with_the_reason() -> None:
    data = CASE.case(n=60, seed=5)
    hot = np.zeros(60, dtype=bool)
    hot[:3] = True
    counts = data.counts.copy()
    counts[hot] *= 6
    data = replace(data, counts=counts)
    config = CASE.one({"event_rate": 1}, {CASE.VIOLENCE: 1, "robbery": 1})
    plain = score_model(data, config, CASE.HARM, density_share={}).areas
    flagged = plain.index[plain["sv01_flag"]]
    assert len(flagged) >= 2
    entry = no_artefacts(data.area_codes)
    entry.loc[flagged[0], ["artefact_kind", "artefact_reason"]] = ["prison", "Inside (source: me)"]
    scored = score_model(replace(data, artefacts=entry), config, CASE.HARM, density_share={})
    held = scored.areas
    assert held.loc[flagged[0], "sv01_tier"] == "Watch"
    assert not held.loc[flagged[0], "sv01_flag"]
    assert "prison: Inside (source: me); not flagged" in held.loc[flagged[0], "sv01_reasons"]
    assert "prison" in held.loc[flagged[0], "artefact"]
    same = ["sv01_score", "sv01_rank", "sv01_p_top", "sv01_strands"]
    pd.testing.assert_frame_equal(held[same], plain[same])
    others = held.index != flagged[0]
    assert (held["sv01_tier"] == plain["sv01_tier"])[others].all()
    assert any("kept from being flagged" in words for words in scored.warnings)


def test_half_of_twenty_events_is_enough_to_be_detected() -> None:
    at = points(E01990001=0.5, E01990003=0.499).assign(events=20)
    found = place_artefacts(CODES, None, at, end="2025-06")
    assert detected(found, Guards()).tolist() == [True, False, False]
