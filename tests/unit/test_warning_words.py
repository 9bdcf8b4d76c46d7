"""The warnings of the data page: every one says what it is about, and no internal name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.warning_words import notes_of, warned, warnings_of
from dashboards.words import force_words

MANIFEST = {
    "priorities": {"sv01": {}, "sv04": {}},
    "coverage": {"avon-and-somerset": {}, "wessmouth": {}},
}


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        (
            "sv01: the first refresh of these areas: its list is provisional.",
            "SV01: The first refresh of these areas: its list is provisional.",
        ),
        (
            "sv04: clusters: the ring is part of the test.",
            "SV04, Clusters: The ring is part of the test.",
        ),
        (
            "avon-and-somerset: no rows for 2025-05, 2025-06: no data, not zero",
            "Avon and Somerset: No rows for May 2025, June 2025: no data, not zero",
        ),
        (
            "forecast: events take the level of 2025-01 to 2025-06 for those of the months after.",
            (
                "Expected events: Events take the level of January to June 2025 for those of the "
                "months after."
            ),
        ),
        (
            "data/other/a_b.csv: 4 rows in quarantine (bad_count 1, unknown_area 1)",
            "File data/other/a_b.csv: 4 rows in quarantine (bad count 1, unknown area 1)",
        ),
        (
            (
                "sv01: imd_score holds a domain of police-recorded crime (9.3 %); "
                "deprivation_without_crime leaves it out."
            ),
            (
                "SV01: Deprivation (IMD score) holds a domain of police-recorded crime (9.3 %); "
                "deprivation (without its crime part) leaves it out."
            ),
        ),
        (
            (
                "Crime type 'X' is not known: 1 row in quarantine, the first at "
                "data/wess_mouth.zip!2025-10/2025-10-wess_mouth-street.csv:3; did you mean 'Y'?"
            ),
            (
                "Crime type 'X' is not known: 1 row in quarantine, the first at "
                "data/wess_mouth.zip!2025-10/2025-10-wess_mouth-street.csv:3; did you mean 'Y'?"
            ),
        ),
    ],
)
def test_a_warning_is_said_in_words(recorded: str, said: str) -> None:
    assert warned(recorded, MANIFEST).text == said


def test_a_column_is_shown_as_it_stands() -> None:
    found = warned("artefacts: 1 area kept, with the reason in `map_point`; ranks stay.", MANIFEST)
    assert found.about == "Unusual places"
    assert found.parts == ("1 area kept, with the reason in ", "map_point", "; ranks stay.")


def test_an_area_is_named_where_the_run_knows_it_and_its_file_is_left_alone() -> None:
    recorded = (
        "neighbours: 2 areas have no neighbours (X01000001, X01000002): on an island "
        "`statistics.neighbours: distance` with a `distance_m` gives them some, see X01000001.csv"
    )
    found = warned(recorded, MANIFEST, {"X01000001": "Quay_side A, 2025-06"})
    assert found.about == "Neighbours"
    assert found.parts == (
        "2 areas have no neighbours (Quay_side A, 2025-06 (X01000001), X01000002): on an island ",
        "statistics.neighbours: distance",
        " with a ",
        "distance_m",
        " gives them some, see X01000001.csv",
    )


def test_notes_are_said_as_warnings_are_and_old_runs_have_none() -> None:
    (note,) = notes_of({"notes": ["neighbours: the areas fall into 2 separate pieces"]})
    assert note.text == "Neighbours: The areas fall into 2 separate pieces"
    assert notes_of({"warnings": ["neighbours: 1 area has no neighbours"]}) == ()


@given(st.text(st.characters(codec="ascii", exclude_characters="_`-")))
def test_any_other_text_is_said_whole(text: str) -> None:
    """Old runs and hostile names: but for the first letter nothing is changed or lost."""
    assert warned(text, {}).text.casefold() == text.casefold()


@given(st.text("ab_`:.- 2025/"))
def test_no_text_fails(text: str) -> None:
    assert warnings_of({"warnings": [text]})


def test_a_run_without_warnings_has_none() -> None:
    assert warnings_of({}) == ()


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("avon-and-somerset", "Avon and Somerset"),
        ("city-of-london", "City of London"),
        ("dyfed-powys", "Dyfed-Powys"),
        ("btp", "British Transport Police"),
        ("dorset", "Dorset"),
    ],
)
def test_a_police_force_is_called_by_its_name(slug: str, name: str) -> None:
    assert force_words(slug) == name
