"""England and Wales, April to June 2025, read whole: the figures published with the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from risk_model import api
from risk_model.backtest_forces import backtest_forces
from risk_model.loading import LoadedInputs
from risk_model.pipeline import build_model

pytestmark = pytest.mark.real_data

SILENT = {"metropolitan", "greater-manchester", "west-midlands", "west-yorkshire"}


@pytest.fixture(scope="module")
def loaded(repository: Path, real_data: Path) -> LoadedInputs:
    return api.check(
        api.Request(
            config=repository / "config" / "risk.yaml",
            inputs=repository / "config" / "inputs-england-wales.yaml",
            data_root=real_data,
        )
    )


def test_every_area_and_every_row_is_there(loaded: LoadedInputs) -> None:
    assert len(loaded.study.codes) == 35_672
    assert loaded.study.ring == ()
    assert sum(code.startswith("W") for code in loaded.study.codes) == 1_917
    files = [record for record in loaded.incidents.files if record.rows]
    # 1,045,603 lines, one of them in each of the 118 files a header.
    assert len(loaded.incidents.files) == 118
    assert sum(record.rows for record in files) == 1_045_603 - 118
    assert loaded.incidents.ledger.rows["rows"].sum() == 1_045_603 - 118


def test_the_areas_of_a_force_without_files_are_not_covered(loaded: LoadedInputs) -> None:
    slug = {lad: entry["slug"] for lad, entry in loaded.forces.items()}
    of_area = loaded.labels["lad_code"].map(slug)
    none = ~loaded.incidents.covered.any(axis=1)
    assert set(of_area[none[none].index]) == SILENT
    assert not loaded.incidents.covered[of_area.isin(SILENT).to_numpy()].to_numpy().any()
    avon = loaded.incidents.covered[(of_area == "avon-and-somerset").to_numpy()]
    assert avon.sum(axis=1).eq(1).all()


def test_wales_has_no_english_index(loaded: LoadedInputs) -> None:
    known = loaded.indicators["deprivation_without_crime"].notna()
    welsh = loaded.indicators.index.str.startswith("W")
    assert (known == ~welsh).all()


def test_the_back_test_over_forces_meets_the_published_figures(
    loaded: LoadedInputs, repository: Path, real_data: Path
) -> None:
    """METHODS.md 8, 37 forces, April and May choosing for June: robbery and weapons .34, .42."""
    settings = api.load_settings(
        api.Request(
            config=repository / "config" / "risk.yaml",
            inputs=repository / "config" / "inputs-england-wales.yaml",
            data_root=real_data,
        )
    )
    data = build_model(loaded)
    slug = {lad: entry["slug"] for lad, entry in loaded.forces.items()}
    found = backtest_forces(
        data,
        settings.risk,
        settings.harm,
        force_of=data.labels["lad_code"].map(slug).fillna("").to_numpy(dtype=str),
        window=3,
        horizon=1,
        resamples=99,
    )
    assert found.origin is not None
    assert found.origin.known == ("2025-04", "2025-05")
    assert found.forces["force"].nunique() == 37
    assert "city-of-london: 6 areas, and 30 are needed" in found.notes
    rows = found.table[(found.table["by"] == "number") & (found.table["share"] == 0.1)]
    capture = rows.set_index(["outcome", "method"])["capture"]
    assert capture["robbery_weapons", "prior_counts"] == pytest.approx(0.3362, abs=5e-5)
    assert capture["robbery_weapons", "all_crime"] == pytest.approx(0.4177, abs=5e-5)
    assert capture["violence", "prior_counts"] == pytest.approx(0.2870, abs=5e-5)
    # English deprivation says nothing of Wales.
    english = rows[rows["method"] == "imd"]
    assert set(english["origins"]) == {33}
