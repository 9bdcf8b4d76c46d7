"""The corpus of faults in a file of inputs: each is refused at its line, in words that help.

The line that is wrong carries `# <-` in the text; a case lists words its message must hold.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from config_faults import MARK, Case, faults_of, refused_at_its_line
from risk_model.config.inputs import load_inputs

INPUTS = """\
name: Somewhere
area: E06000059
period: 2025-01:2025-06
boundaries: {path: data/areas.gpkg}
incidents:
  - path: data/a.zip
lookups: {wards: data/wards.csv}
population: {path: data/people.csv}
"""
EXTRACT = """\
name: Somewhere
period: 2025-01:2025-06
boundaries: {path: data/areas.gpkg}
lookups: {wards: data/wards.csv}
population: {path: data/people.csv}
incidents:
  - path: data/a.csv
    kind: extract
"""


def with_line(old: str, new: str) -> str:
    assert old in INPUTS
    return INPUTS.replace(old, f"{new}  {MARK}")


INPUT_CASES = [
    # 31: paths
    Case(
        "absolute",
        with_line("{path: data/areas.gpkg}", "{path: /etc/passwd}"),
        ("absolute", "data root"),
        inputs=True,
    ),
    Case(
        "drive",
        with_line("{path: data/areas.gpkg}", "{path: 'C:/data/a.gpkg'}"),
        ("absolute",),
        inputs=True,
    ),
    Case(
        "share",
        with_line("{path: data/areas.gpkg}", "{path: '\\\\host\\a.gpkg'}"),
        ("absolute",),
        inputs=True,
    ),
    Case(
        "home", with_line("{path: data/areas.gpkg}", "{path: ~/a.gpkg}"), ("absolute",), inputs=True
    ),
    Case(
        "up",
        with_line("- path: data/a.zip", "- path: data/../../a.zip"),
        ("incidents[0].path", "'..'"),
        inputs=True,
    ),
    Case(
        "up, backslash",
        with_line("- path: data/a.zip", "- path: data\\..\\a.zip"),
        ("'..'",),
        inputs=True,
    ),
    Case(
        "vsi",
        with_line("- path: data/a.zip", "- path: /vsizip/a.zip"),
        ("virtual path",),
        inputs=True,
    ),
    Case(
        "vsicurl",
        with_line("- path: data/a.zip", "- path: /vsicurl/http/x"),
        ("virtual path",),
        inputs=True,
    ),
    Case(
        "url",
        with_line("{wards: data/wards.csv}", '{wards: "https://example.org/w.csv"}'),
        ("URL",),
        inputs=True,
    ),
    Case(
        "file url",
        with_line("{wards: data/wards.csv}", '{wards: "file:///w.csv"}'),
        ("URL",),
        inputs=True,
    ),
    Case(
        "connection",
        with_line("{wards: data/wards.csv}", '{wards: "PG:dbname=x"}'),
        ("connection",),
        inputs=True,
    ),
    Case(
        "empty path",
        with_line("{wards: data/wards.csv}", '{wards: ""}'),
        ("is empty",),
        inputs=True,
    ),
    Case(
        "newline",
        with_line("{wards: data/wards.csv}", '{wards: "a\\nb.csv"}'),
        ("cannot be printed",),
        inputs=True,
    ),
    Case(
        "backslash",
        with_line("- path: data/a.zip", "- path: data\\a.zip"),
        ("backslash", "/"),
        inputs=True,
    ),
    Case("colon", with_line("- path: data/a.zip", "- path: data/a:b.zip"), ("colon",), inputs=True),
    Case(
        "long path",
        with_line("- path: data/a.zip", f"- path: {'a' * 501}"),
        ("longer than 500",),
        inputs=True,
    ),
    Case(
        "force",
        EXTRACT.replace("a.csv", f"a.csv\n    force: Dorset Police {MARK}")
        + "    locate_by: polygon\n    offence_categories: {8N: robbery}\n"
        "    columns: {date: m, offence_code: o, easting: e, northing: n}\n",
        ("'Dorset Police'", "avon-and-somerset"),
        inputs=True,
    ),
    Case(
        "no offence code",
        EXTRACT
        + f"    locate_by: polygon\n    columns: {{date: m, easting: e, northing: n}} {MARK}\n"
        "    offence_categories: {8N: robbery}\n",
        ("offence_code is missing",),
        inputs=True,
    ),
    Case(
        "month and date",
        EXTRACT + "    locate_by: polygon\n    offence_categories: {8N: robbery}\n"
        "    columns: {month: m, date: d, offence_code: o, easting: e, northing: n}"
        f" {MARK}\n",
        ("one of month and date",),
        inputs=True,
    ),
    # the rest
    Case("area", with_line("E06000059", "Dorset"), ("'Dorset'", "E06000059"), inputs=True),
    Case(
        "period",
        with_line("2025-01:2025-06", "Jan-25"),
        ("'Jan-25'", "2025-01:2025-06"),
        inputs=True,
    ),
    Case(
        "period backwards",
        with_line("2025-01:2025-06", "2025-06:2025-01"),
        ("not a period",),
        inputs=True,
    ),
    Case(
        "kind",
        with_line("- path: data/a.zip", "- {path: data/a.zip, kind: police}"),
        ("did you mean police_uk?",),
        inputs=True,
    ),
    Case(
        "misspelt path",
        with_line("{path: data/areas.gpkg}", "{pth: data/areas.gpkg}"),
        ("did you mean path?",),
        inputs=True,
    ),
    Case(
        "no boundaries",
        INPUTS.replace("boundaries: {path: data/areas.gpkg}\n", "").replace(
            "name: Somewhere", f"name: Somewhere {MARK}"
        ),
        ("boundaries", "missing"),
        inputs=True,
    ),
    Case(
        "no sources",
        INPUTS.replace("incidents:\n  - path: data/a.zip", f"incidents: [] {MARK}"),
        ("no source",),
        inputs=True,
    ),
    Case(
        "source twice",
        INPUTS.replace(
            "  - path: data/a.zip", f"  - path: data/a.zip\n  - path: data/a.zip {MARK}"
        ),
        ("given twice",),
        inputs=True,
    ),
    Case("demonstration", f"demonstration: yes {MARK}\n" + INPUTS, ("true or false",), inputs=True),
    Case(
        "encoding",
        with_line("- path: data/a.zip", "- {path: data/a.zip, encoding: utf-88}"),
        ("utf-88", "not an encoding"),
        inputs=True,
    ),
    Case(
        "edition",
        INPUTS + f"deprivation: {{path: data/iod.csv, edition: 2015}} {MARK}\n",
        ("2025, 2019",),
        inputs=True,
    ),
    Case(
        "extract without columns",
        EXTRACT.replace("a.csv", f"a.csv {MARK}"),
        ("columns", "missing"),
        inputs=True,
    ),
    Case(
        "columns of police_uk",
        INPUTS.replace(
            "  - path: data/a.zip", f"  - path: data/a.zip\n    columns: {{id: x}} {MARK}"
        ),
        ("kind: extract",),
        inputs=True,
    ),
    Case(
        "no place",
        EXTRACT
        + f"    offence_categories: {{8N: robbery}}\n    columns: {{month: m, offence_code: o, easting: e, area_code: a}} {MARK}\n",
        ("one pair",),
        inputs=True,
    ),
    Case(
        "no area code",
        EXTRACT
        + f"    offence_categories: {{8N: robbery}}\n    columns: {{date: m, offence_code: o, easting: e, northing: n}} {MARK}\n",
        ("locate_by: polygon",),
        inputs=True,
    ),
    Case(
        "offence category",
        EXTRACT
        + "    locate_by: polygon\n    columns: {date: m, offence_code: o, easting: e, northing: n}\n"
        f"    offence_categories: {{8N: violence}} {MARK}\n",
        ("'violence'", "not a crime category"),
        inputs=True,
    ),
]


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(INPUT_CASES) >= 30
    assert len({case.name for case in INPUT_CASES}) == len(INPUT_CASES)


@pytest.mark.parametrize("case", INPUT_CASES, ids=lambda case: case.name)
def test_a_fault_is_refused_at_its_line(case: Case, tmp_path: Path) -> None:
    refused_at_its_line(case, tmp_path)


def test_a_file_that_is_right_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(INPUTS)
    assert load_inputs(path).incidents[0].locate_by == "code"


def test_all_faults_of_the_inputs_are_reported_in_one_pass(tmp_path: Path) -> None:
    """A source that is wrong does not hide what is wrong with the next one."""
    text = f"""\
name: Somewhere
boundaries: {{path: /abs.gpkg}} {MARK}
incidents:
  - path: data/a.zip
    kind: police {MARK}
  - path: ../b.zip {MARK}
  - path: data/c.zip
    force: dorset {MARK}
  - just text {MARK}
  - path: data/d.zip
    encodng: utf-8 {MARK}
lookups: {{ward: data/w.csv}} {MARK}
population: {{path: data/people.csv, kind: censas}} {MARK}
period: 2025 {MARK}
"""
    error = faults_of(Case("all", text, (), inputs=True), tmp_path)
    lines = [n for n, line in enumerate(text.split("\n"), start=1) if MARK in line]
    assert [fault.line for fault in error.faults] == lines, str(error)
