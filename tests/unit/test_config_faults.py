"""The corpus of faults in a file of weights: each is refused at its line, in words that help.

The line that is wrong carries `# <-` in the text; a case lists words its message must hold.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from config_faults import MARK, Case, faults_of, refused_at_its_line
from risk_model.config.risk import load_risk
from spatial.errors import ConfigError


def indicators(inner: str) -> str:
    return f"version: a\npriorities:\n  sv01:\n    indicators:\n{inner}"


def priority(inner: str) -> str:
    return f"version: a\npriorities:\n  sv01:\n{inner}"


RISK_CASES = [
    # 26: weights that are not numbers of 0 or more
    Case(
        "nan",
        indicators(f"      harm_rate: {{weight: .nan}} {MARK}\n"),
        ("weight", ".nan", "finite"),
    ),
    Case("inf", indicators(f"      harm_rate: {{weight: .inf}} {MARK}\n"), ("weight", "finite")),
    Case(
        "minus inf",
        indicators(f"      harm_rate: {{weight: -.inf}} {MARK}\n"),
        ("weight", "finite"),
    ),
    Case(
        "overflow", indicators(f"      harm_rate: {{weight: 1e999}} {MARK}\n"), ("1e999", "finite")
    ),
    Case(
        "nan in words",
        indicators(f"      harm_rate: {{weight: nan}} {MARK}\n"),
        ("'nan'", "number"),
    ),
    Case(
        "negative", indicators(f"      harm_rate: {{weight: -0.1}} {MARK}\n"), ("-0.1", "0 or more")
    ),
    Case(
        "truth",
        indicators(f"      harm_rate: {{weight: true}} {MARK}\n"),
        ("true", "truth value", "number"),
    ),
    Case("no", indicators(f"      harm_rate: {{weight: no}} {MARK}\n"), ("'no'", "text", "number")),
    Case(
        "text",
        indicators(f'      harm_rate: {{weight: "0.5"}} {MARK}\n'),
        ("'0.5'", "without quotes"),
    ),
    Case(
        "comma", indicators(f"      harm_rate:\n        weight: 0,5 {MARK}\n"), ("'0,5'", "number")
    ),
    Case("per cent", indicators(f"      harm_rate: {{weight: 50%}} {MARK}\n"), ("'50%'", "number")),
    Case("blank", indicators(f"      harm_rate:\n        weight: {MARK}\n"), ("weight", "nothing")),
    Case(
        "list", indicators(f"      harm_rate: {{weight: [1]}} {MARK}\n"), ("a list of 1", "number")
    ),
    Case("bare", indicators(f"      harm_rate: 0.5 {MARK}\n"), ("harm_rate", "group of keys")),
    # 27: nothing to weigh
    Case(
        "sum 0",
        priority(
            f"    indicators: {MARK}\n      harm_rate: {{weight: 0}}\n      persistence: {{weight: 0}}\n"
        ),
        ("priorities.sv01.indicators", "sum to 0"),
    ),
    Case("no indicators", priority(f"    indicators: {{}} {MARK}\n"), ("sum to 0",)),
    Case(
        "offences sum 0",
        priority(f"    offences: {{robbery: 0}} {MARK}\n"),
        ("offences", "above 0"),
    ),
    Case("no offences", priority(f"    offences: {{}} {MARK}\n"), ("offences", "above 0")),
    Case("no priority", f"priorities: {{}} {MARK}\n", ("no priority", "sv01")),
    # 28: unknown keys and names
    Case("top key", f"verzion: a {MARK}\n", ("verzion", "did you mean version?")),
    Case("inner key", f"density:\n  bandwidht_m: 500 {MARK}\n", ("did you mean bandwidth_m?",)),
    Case("key of elsewhere", f"density:\n  seed: 5 {MARK}\n", ("did you mean uncertainty.seed?",)),
    Case("unlike any", f"statistics: {{colour: red}} {MARK}\n", ("unknown key", "permutations")),
    Case(
        "indicator key",
        indicators(f"      harm_rate: {{wieght: 1}} {MARK}\n"),
        ("wieght", "did you mean weight?"),
    ),
    Case(
        "indicator",
        indicators(f"      harm_rat: {{weight: 1}} {MARK}\n"),
        ("harm_rat", "did you mean harm_rate?"),
    ),
    Case(
        "category",
        priority(f"    offences: {{robery: 1}} {MARK}\n"),
        ("robery", "did you mean robbery?"),
    ),
    Case(
        "published category",
        priority(f"    offences: {{Violence and sexual offences: 1}} {MARK}\n"),
        ("did you mean violence_and_sexual_offences?",),
    ),
    Case(
        "strand",
        priority(f"    tiers: {{strong: {{needs: [top_k, exces_risk]}}}} {MARK}\n"),
        ("needs[1]", "did you mean excess_risk?"),
    ),
    Case("tier", priority(f"    tiers: {{stong: {{}}}} {MARK}\n"), ("did you mean strong?",)),
    Case(
        "attribute",
        priority(f"    offences: {{robbery: {{where: {{wepon: no}}}}}} {MARK}\n"),
        ("wepon", "did you mean weapon?"),
    ),
    Case(
        "no attribute value",
        priority(f"    offences: {{robbery: {{where: {{weapon: []}}}}}} {MARK}\n"),
        ("weapon", "is empty"),
    ),
    Case(
        "police-generated",
        f"police_generated: {{categories: [drug]}} {MARK}\n",
        ("did you mean drugs?",),
    ),
    Case(
        "stratum",
        f"rurality: {{strata: [urban, rurel]}} {MARK}\n",
        ("strata[1]", "did you mean rural?"),
    ),
    Case(
        "uplift stratum",
        f"rurality: {{under_reporting_uplift: {{village: 1.1}}}} {MARK}\n",
        ("village", "urban, rural"),
    ),
    Case(
        "choice",
        indicators(f"      harm_rate: {{direction: higher}} {MARK}\n"),
        ("higher_is_worse, lower_is_worse",),
    ),
    Case("near choice", f"density: {{kernel: quatric}} {MARK}\n", ("did you mean quartic?",)),
    Case(
        "aggregate", priority(f"    aggregate: aritmetic {MARK}\n"), ("did you mean arithmetic?",)
    ),
    Case("denominator", f"denominator: resident {MARK}\n", ("did you mean residents?",)),
    # 29: duplicates
    Case("twice", f"version: a\nversion: b {MARK}\n", ("version", "line 1", "line 2")),
    Case(
        "indicator twice",
        indicators(
            f"      harm_rate: {{weight: 1}}\n      persistence: {{weight: 1}}\n      harm_rate: {{weight: 2}} {MARK}\n"
        ),
        ("harm_rate", "line 5", "line 7"),
    ),
    # 30: what YAML can do and a configuration has no use for
    Case("alias", f"version: a\nmissing: *x {MARK}\n", ("alias *x", "write the value out")),
    Case("anchor", f"version: &x a {MARK}\n", ("anchor &x",)),
    Case("merge", f"version: a\n<<: {{}} {MARK}\n", ("merge key <<",)),
    Case("tag", f"version: !!python/name:os.system a {MARK}\n", ("tag", "not read")),
    Case("own tag", f"density: !x {{cell_m: 100}} {MARK}\n", ("tag '!x'",)),
    Case("directive", f"%YAML 1.1 {MARK}\n---\nversion: a\n", ("directives",)),
    Case("two documents", f"version: a\n--- {MARK}\nversion: b\n", ("second document",)),
    Case("deep", f"a: {'[' * 13}1{']' * 13} {MARK}\n", ("nested deeper than 12",)),
    Case("key that is a list", f"? [a, b] {MARK}\n: c\n", ("a key must be plain text",)),
    Case("list for a file", f"- a {MARK}\n- b\n", ("expected keys and values",)),
    Case("text for a file", f"hello {MARK}\n", ("expected keys and values",)),
    Case("tab", f"density:\n\tcell_m: 100 {MARK}\n", ("tab", "spaces")),
    Case("unclosed", f"density: {{cell_m: 100 {MARK}\nversion: a\n", ("not YAML",)),
    Case(
        "indentation",
        f"density:\n  cell_m: 100\n bandwidth_m: 500 {MARK}\n",
        ("not YAML", "indentation"),
    ),
    Case("bell", f"version: a\x07 {MARK}\n", ("control character", "\\x07")),
    # ranges and shapes
    Case("long text", f"version: {'a' * 2001} {MARK}\n", ("too long", "2000")),
    Case("empty text", f'version: "" {MARK}\n', ("is empty",)),
    Case("draws", f"uncertainty: {{draws: 99}} {MARK}\n", ("99", "100 or more")),
    Case("draws in part", f"uncertainty: {{draws: 150.5}} {MARK}\n", ("150.5", "whole number")),
    Case("permutations", f"statistics: {{permutations: 999}} {MARK}\n", ("999", "9999 or more")),
    Case("alpha 0", f"statistics: {{alpha: 0}} {MARK}\n", ("more than 0",)),
    Case("alpha 1", f"statistics: {{alpha: 1}} {MARK}\n", ("less than 1",)),
    Case("ring", f"statistics: {{ring: contigous}} {MARK}\n", ("did you mean contiguous?",)),
    Case("ring metres", f"statistics: {{ring: -5}} {MARK}\n", ("-5", "more than 0")),
    Case("weight draw", f"uncertainty: {{weights: 1}} {MARK}\n", ("less than 1",)),
    Case("volume", f"density: {{volume_share: 25}} {MARK}\n", ("25", "less than 1")),
    Case(
        "uplift", f"rurality: {{under_reporting_uplift: {{rural: 0.5}}}} {MARK}\n", ("1 or more",)
    ),
    Case(
        "cell", f"density:\n  bandwidth_m: 300\n  cell_m: 100 {MARK}\n", ("a fifth", "60 or less")
    ),
    Case(
        "default cell",
        f"density: {MARK}\n  bandwidth_m: 300\n",
        ("cell_m", "a fifth", "60 or less"),
    ),
    Case(
        "enter", priority(f"    list: {{enter: two of three}} {MARK}\n"), ("two of three", "2 of 3")
    ),
    Case("enter 4 of 3", priority(f"    list: {{enter: 4 of 3}} {MARK}\n"), ("k at most n",)),
    Case("leave", priority(f"    list: {{leave: 2 of 3}} {MARK}\n"), ("no lower a bar",)),
    Case("list size", priority(f"    list: {{size: 0}} {MARK}\n"), ("1 or more",)),
    Case("offences in words", priority(f"    offences: harms {MARK}\n"), ("did you mean harm?",)),
    Case(
        "context offence",
        priority(f"    offences:\n      robbery: 1\n      drugs: 1 {MARK}\n"),
        ("police-generated", "driver"),
    ),
    Case(
        "easy tier",
        priority(f"    tiers:\n      supported: {{needs: [], plus_any: []}} {MARK}\n"),
        ("every area",),
    ),
    Case(
        "last tier",
        priority(f"    tiers:\n      not_evidenced: {{needs: [top_k]}} {MARK}\n"),
        ("must not ask",),
    ),
    Case("priority id", f"priorities:\n  SV-01: {{}} {MARK}\n", ("SV-01", "small letters")),
    Case("group is a list", f"evidence: [1] {MARK}\n", ("group of keys",)),
    Case(
        "list is a word", f"police_generated: {{categories: drugs}} {MARK}\n", ("a list", "[a, b]")
    ),
    Case("colon in text", f"version: {{a: b}} {MARK}\n", ("quotes",)),
    Case("harm weights elsewhere", f"harm_weights: ../other.csv {MARK}\n", ("'..'",)),
]


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(RISK_CASES) >= 60
    assert len({case.name for case in RISK_CASES}) == len(RISK_CASES)


@pytest.mark.parametrize("case", RISK_CASES, ids=lambda case: case.name)
def test_a_fault_is_refused_at_its_line(case: Case, tmp_path: Path) -> None:
    refused_at_its_line(case, tmp_path)


def test_a_file_that_is_right_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("")
    assert set(load_risk(path).priorities) == {"sv01", "sv04"}


def test_all_faults_are_reported_in_one_pass(tmp_path: Path) -> None:
    """Structure, unknown names, values and relations between keys: one run shows them all."""
    text = f"""\
version: one
version: two {MARK}
missing: *x {MARK}
denominater: residents {MARK}
priorities:
  sv01:
    offences: {{robery: 1, burglary: 1}} {MARK}
    indicators:
      harm_rate: {{weight: .nan}} {MARK}
      persistence: {{wieght: 1}} {MARK}
    list: {{enter: 1 of 3, leave: 2 of 3}} {MARK}
  sv04:
    indicators: {{event_rate: {{weight: 0}}}} {MARK}
statistics: {{permutations: 99, alpha: 0.05}} {MARK}
density: {MARK}
  bandwidth_m: 250
"""
    error = faults_of(Case("all", text, ()), tmp_path)
    lines = [n for n, line in enumerate(text.split("\n"), start=1) if MARK in line]
    assert [fault.line for fault in error.faults] == lines, str(error)


def test_a_file_of_nothing_but_faults_is_cut_short(tmp_path: Path) -> None:
    text = "".join(f"key{number}: 1\n" for number in range(1000))
    error = faults_of(Case("many", text, ()), tmp_path)
    assert len(error.faults) < 300
    assert "800 more faults" in str(error)


def test_hostile_text_in_a_message_stays_on_its_line(tmp_path: Path) -> None:
    """A key or value cannot forge a second line of a message."""
    text = '"a\\nfile.yaml:1: all is well": 1\nversion: ["x\\x1b[31m"]\n"' + "k" * 5000 + '": 1\n'
    error = faults_of(Case("hostile", text, ()), tmp_path)
    message = str(error)
    assert len(message.split("\n")) == len(error.faults)
    assert "\x1b" not in message
    assert max(len(line) for line in message.split("\n")) < 600


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"version: \xe9t\xe9\n", 1, "0xe9 is not UTF-8"),
        (b"version: a\n# caf\xe9\n", 2, "UTF-8"),
        (b"version: a\0b\n", 1, "control character"),
        (b"#" * (256 * 1024 + 1), None, "larger than 256 KiB"),
    ],
)
def test_bytes_that_are_no_text(
    content: bytes, line: int | None, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "file.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words) as caught:
        load_risk(path)
    assert [fault.line for fault in caught.value.faults] == [line]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml: there is no such file"):
        load_risk(tmp_path / "gone.yaml")
    with pytest.raises(ConfigError, match="is a folder"):
        load_risk(tmp_path)
