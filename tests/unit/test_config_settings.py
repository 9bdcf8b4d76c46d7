"""The shipped files, the defaults they spell out, `--set`, and what is said about weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from risk_model.config.defaults import default_priorities
from risk_model.config.inputs import load_inputs
from risk_model.config.names import ATTRIBUTES, INDICATORS, STRANDS
from risk_model.config.priority import Offence
from risk_model.config.risk import RiskConfig, load_risk
from risk_model.config.schema import generated_files, main
from risk_model.config.warnings import config_warnings, double_counting_warnings
from spatial import incident_sources
from spatial.errors import ConfigError

WEIGHT = "priorities.sv01.indicators.harm_rate.weight"


def risk(folder: Path, text: str, **overrides: str) -> RiskConfig:
    path = folder / "risk.yaml"
    path.write_text(text)
    return load_risk(path, overrides)


def test_the_shipped_risk_file_spells_out_the_defaults(repository: Path) -> None:
    shipped = load_risk(repository / "config" / "risk.yaml")
    assert shipped == RiskConfig(version=shipped.version)


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert risk(tmp_path, "") == RiskConfig()
    assert risk(tmp_path, "# nothing yet\n") == RiskConfig()


def test_the_defaults_are_what_the_design_says() -> None:
    config = RiskConfig()
    assert config.priorities["sv01"].offences == "harm"
    assert set(config.priorities["sv04"].offences) == {"violence_and_sexual_offences", "robbery"}
    assert config.police_generated.categories == ("drugs", "possession_of_weapons")
    assert config.police_generated.use == "context"
    assert config.statistics.permutations == 99_999
    assert (config.evidence.top_k, config.evidence.excess_ratio) == (0.8, 1.5)
    assert (config.uncertainty.draws, config.uncertainty.weights) == (2000, 0.25)
    assert config.rurality.under_reporting_uplift == {"rural": 1.0}


@pytest.mark.parametrize("name", ["sv01", "sv04"])
def test_default_weights_sum_to_one_and_say_why(name: str) -> None:
    indicators = default_priorities()[name].indicators
    assert sum(indicator.weight for indicator in indicators.values()) == pytest.approx(1)
    assert all(len(indicator.why) > 60 for indicator in indicators.values())
    assert "deprivation_without_crime" in indicators
    assert not {"imd_score", "crime_domain"} & set(indicators)


def test_the_default_file_raises_no_warning(repository: Path) -> None:
    assert config_warnings(load_risk(repository / "config" / "risk.yaml")) == ()


def test_a_short_file_keeps_every_other_default(tmp_path: Path) -> None:
    config = risk(
        tmp_path,
        "priorities: {sv01: {tiers: {strong: {sentence: Act.}}}}\nstatistics: {ring: 2500}\n",
    )
    strong = config.priorities["sv01"].tiers.strong
    assert (strong.needs, strong.sentence) == (("top_k", "excess_risk"), "Act.")
    assert list(config.priorities) == ["sv01"]
    assert config.statistics.ring == 2500
    assert config.statistics.neighbours == "queen"


def test_numbers_without_quotes_are_taken_where_text_is_wanted(tmp_path: Path) -> None:
    assert risk(tmp_path, "version: 2026\n").version == "2026"
    assert risk(tmp_path, "version: 2026.10\n").version == "2026.10"


def test_a_null_is_understood_where_null_is_a_choice(tmp_path: Path) -> None:
    assert risk(tmp_path, "missing: {deprivation: null}\n").missing.deprivation == "null"


def test_filters_of_an_offence_set(tmp_path: Path) -> None:
    text = (
        "priorities: {sv04: {offences: {robbery: 2, burglary: {weight: 1, where: "
        "{weapon: yes, public_place: true, victim_age_band: [10-17, 18-24]}}}}}\n"
    )
    offences = risk(tmp_path, text).priorities["sv04"].offences
    assert isinstance(offences, dict)
    assert offences["robbery"] == 2
    burglary = offences["burglary"]
    assert isinstance(burglary, Offence)
    assert burglary.where == {
        "weapon": "yes",
        "public_place": True,
        "victim_age_band": ("10-17", "18-24"),
    }


def test_filters_are_the_columns_that_a_reader_can_supply() -> None:
    assert set(ATTRIBUTES) == set(incident_sources.ATTRIBUTES)


def test_settings_cannot_be_changed_after_reading() -> None:
    with pytest.raises(ValueError, match="frozen"):
        RiskConfig().version = "other"  # type: ignore[misc]


# --- overrides ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "priorities: {sv01: {indicators: {harm_rate: {weight: 9}}}}"])
def test_set_changes_one_value(text: str, tmp_path: Path) -> None:
    config = risk(tmp_path, text, **{WEIGHT: "0.5"})
    assert config.priorities["sv01"].indicators["harm_rate"].weight == 0.5


def test_set_keeps_the_rest_of_a_default(tmp_path: Path) -> None:
    config = risk(tmp_path, "", **{WEIGHT: "0.5", "density.bandwidth_m": "2000"})
    expected = RiskConfig().model_dump()
    expected["priorities"]["sv01"]["indicators"]["harm_rate"]["weight"] = 0.5
    expected["density"]["bandwidth_m"] = 2000.0
    assert config.model_dump() == expected


def test_set_can_add_an_indicator_an_offence_and_a_list(tmp_path: Path) -> None:
    config = risk(
        tmp_path,
        "",
        **{
            "priorities.sv01.indicators.health.weight": "0.1",
            "priorities.sv04.offences.burglary": "1",
            "priorities.sv01.tiers.watch.plus_any": "[top_k]",
            "statistics.ring": "none",
        },
    )
    assert config.priorities["sv01"].indicators["health"].weight == 0.1
    assert config.priorities["sv04"].offences["burglary"] == 1
    assert config.priorities["sv01"].tiers.watch.plus_any == ("top_k",)
    assert config.statistics.ring == "none"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("priorities.sv01.indicators.harm_rte.weight", "1", f"did you mean {WEIGHT}?"),
        ("priorities.sv1.indicators.harm_rate.weight", "1", f"did you mean {WEIGHT}?"),
        ("prioritys.sv01.title", "x", "did you mean priorities.sv01.title?"),
        ("uncertainty.draw", "500", "did you mean uncertainty.draws?"),
        ("uncertainty.draws", "50", "100 or more"),
        ("uncertainty.draws", "many", "whole number"),
        (WEIGHT, "nan", "'nan' is text"),
        (WEIGHT, ".nan", "not a finite number"),
        (WEIGHT, "-1", "0 or more"),
        (WEIGHT, "", "nothing is given"),
        (WEIGHT, "[1", "one value"),
        (WEIGHT, "1\nversion: x", "one value"),
        (WEIGHT, "*x", "one value"),
        ("", "1", "a.b.c=value"),
        ("density..cell_m", "1", "a.b.c=value"),
        ("version.name", "1", "no key 'name'"),
        ("priorities.sv01.offences.robbery", "1", "needs a group"),
        ("harm_weights", "../x.csv", "'..'"),
    ],
)
def test_a_wrong_override_names_the_option_and_the_key(
    key: str, value: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        risk(tmp_path, "", **{key: value})
    message = str(caught.value)
    assert message.startswith("--set: ")
    assert key in message
    assert words in message
    assert len(caught.value.faults) == 1


def test_faults_of_the_file_and_of_overrides_come_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        risk(tmp_path, "versio: a\n", **{"uncertainty.draws": "5", "densty.cell_m": "10"})
    assert [(fault.file or "").rpartition("/")[2] for fault in caught.value.faults] == [
        "--set",
        "--set",
        "risk.yaml",
    ]


def test_an_override_mends_the_file(tmp_path: Path) -> None:
    assert risk(tmp_path, "uncertainty: {draws: 5}\n", **{"uncertainty.draws": "500"})


def test_overrides_are_checked_against_other_keys(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--set: density\.cell_m: 500 is more than a fifth"):
        risk(tmp_path, "", **{"density.cell_m": "500"})


# --- the inputs --------------------------------------------------------------------------------


def test_the_shipped_inputs_are_read(repository: Path) -> None:
    demonstration = load_inputs(repository / "config" / "inputs.yaml")
    assert demonstration.demonstration
    assert demonstration.name == "Wessmouth (demonstration county)"
    assert demonstration.area == "E06990001,E06990002"
    assert demonstration.period == "2025-01:2025-12"
    assert all(line.startswith("Made-up") for line in demonstration.attribution)
    dorset = load_inputs(repository / "config" / "inputs-dorset.yaml")
    assert not dorset.demonstration
    assert (dorset.area, dorset.period) == ("E06000059", "2025-01:2025-06")
    assert len(dorset.attribution) == 3
    assert [source.path for source in dorset.incidents] == [
        "incidents/dorset.zip",
        "incidents/neighbours-2025-h1.zip",
    ]


def paths_of(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["path"]] if isinstance(value.get("path"), str) else []
        return own + [path for inner in value.values() for path in paths_of(inner)]
    if isinstance(value, list):
        return [path for inner in value for path in paths_of(inner)]
    return []


@pytest.mark.real_data
def test_the_dorset_inputs_name_files_that_exist(repository: Path, real_data: Path) -> None:
    inputs = load_inputs(repository / "config" / "inputs-dorset.yaml").model_dump(mode="json")
    named = paths_of(inputs) + [path for path in inputs["lookups"].values() if path]
    assert len(named) >= 10
    assert [path for path in named if not (real_data / path).is_file()] == []


def test_an_extract_of_a_force(tmp_path: Path) -> None:
    path = tmp_path / "inputs.yaml"
    path.write_text("""\
period: 2025-01:2025-06
boundaries: {path: b.gpkg, vintage: 2021}
lookups: {wards: w.csv}
population: {path: p.csv}
incidents:
  - path: extract.csv
    kind: extract
    locate_by: polygon
    encoding: cp1252
    force: dorset
    columns: {date: Date, date_format: "%d/%m/%Y", offence_code: HO, easting: E, northing: N}
    offence_categories: {8N: violence_and_sexual_offences, 34B: robbery, 1E5: other_crime}
""")
    source = load_inputs(path).incidents[0]
    assert source.columns is not None
    assert source.columns.date_format == "%d/%m/%Y"
    assert source.offence_categories == {
        "8N": "violence_and_sexual_offences",
        "34B": "robbery",
        "1E5": "other_crime",
    }


def test_column_names_are_those_of_the_reader() -> None:
    from dataclasses import fields

    from risk_model.config.incident_input import ColumnNames

    reader = {field.name for field in fields(incident_sources.ExtractColumns)}
    assert set(ColumnNames.model_fields) == reader


# --- warnings ----------------------------------------------------------------------------------


def weights(*names: str) -> str:
    inner = ", ".join(f"{name}: {{weight: 1, why: because}}" for name in names)
    return f"priorities: {{sv01: {{indicators: {{{inner}}}}}}}\n"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("harm_rate", "imd_score"), "imd_score holds a domain of police-recorded crime"),
        (("persistence", "crime_domain"), "crime counts twice"),
        (("harm_rate", "deprivation_without_crime", "income"), "income counts twice"),
        (("harm_rate", "deprivation_without_crime", "imd_score"), "nearly the same thing"),
        (("harm_rate", "all_crime_rate"), "every indicator is a crime rate"),
    ],
)
def test_double_counting_is_said(names: tuple[str, ...], words: str, tmp_path: Path) -> None:
    assert words in " ".join(double_counting_warnings(risk(tmp_path, weights(*names))))


@pytest.mark.parametrize(
    ("offences", "names", "words"),
    [
        (
            "{violence_and_sexual_offences: 1}",
            ("event_rate", "violence_rate", "rural"),
            "event_rate counts the same offences as violence_rate",
        ),
        (
            "{robbery: {weight: 1}, burglary: 0}",
            ("event_rate", "robbery_rate", "rural"),
            "event_rate and robbery_rate are the same rate",
        ),
    ],
)
def test_one_rate_under_two_names_is_said(
    offences: str, names: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    text = weights(*names).replace("{indicators", f"{{offences: {offences}, indicators")
    assert words in " ".join(double_counting_warnings(risk(tmp_path, text)))
    harm = risk(tmp_path, weights(*names))
    assert double_counting_warnings(harm) == ()


def test_what_does_not_count_twice_is_not_said(tmp_path: Path) -> None:
    for names in (("imd_score", "rural"), ("harm_rate", "deprivation_without_crime")):
        assert double_counting_warnings(risk(tmp_path, weights(*names))) == ()
    text = "priorities: {sv01: {indicators: {harm_rate: {weight: 1}, imd_score: {weight: 0}}}}\n"
    assert double_counting_warnings(risk(tmp_path, text)) == ()


def test_a_weight_without_a_reason_and_few_draws_are_said(tmp_path: Path) -> None:
    text = "priorities: {sv01: {indicators: {harm_rate: {weight: 1}}}}\nuncertainty: {draws: 200}\n"
    said = " ".join(config_warnings(risk(tmp_path, text)))
    assert "no reason (`why`) is given for harm_rate" in said
    assert "200 draws are too few" in said


# --- generated files ---------------------------------------------------------------------------


def test_generated_files_are_fresh(repository: Path) -> None:
    for path, text in generated_files(repository).items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name} is stale: run python -m risk_model.config.schema"
        )


def test_generating_writes_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main() == 2
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "config").mkdir()
    assert main() == 0
    written = {path.name for path in tmp_path.rglob("*.*") if path.name != "pyproject.toml"}
    assert written == {"risk.schema.json", "inputs.schema.json", "config-reference.md"}


@pytest.mark.parametrize("name", ["risk", "inputs", "inputs-dorset"])
def test_shipped_files_follow_the_schema_they_name(name: str, repository: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    text = (repository / "config" / f"{name}.yaml").read_text(encoding="utf-8")
    schema_name = f"{name.partition('-')[0]}.schema.json"
    assert text.startswith(f"# yaml-language-server: $schema={schema_name}\n")
    schema = json.loads((repository / "config" / schema_name).read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    data = yaml.safe_load(text)
    assert [error.message for error in validator.iter_errors(data)] == []
    assert list(validator.iter_errors({**data, "versio": 1}))


def test_the_schema_offers_every_name(repository: Path) -> None:
    text = (repository / "config" / "risk.schema.json").read_text(encoding="utf-8")
    for name in (*INDICATORS, *STRANDS, *ATTRIBUTES):
        assert f'"{name}"' in text
