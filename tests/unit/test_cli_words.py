"""What the command line says of figures, where there are none too."""

from __future__ import annotations

import pytest

from dashboards.cli import main
from dashboards.cli.explain import _known
from spatial.errors import StatisticsError


@pytest.mark.parametrize(
    ("value", "style", "said"),
    [
        (float("nan"), ".1f", "not known"),
        (float("nan"), ",.4g", "not known"),
        (17_920.6, ",.4g", "17,921"),
        (0.93512, ",.4g", "0.9351"),
        (19.52, ".1f", "19.5"),
    ],
)
def test_a_figure_is_written_out_and_a_missing_one_said(
    value: float, style: str, said: str
) -> None:
    assert _known(value, style) == said


def test_a_statistic_that_is_refused_ends_as_every_refusal_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise StatisticsError("no cell of 100 m has its centre in the study area")

    monkeypatch.setattr(main, "app", refuse)
    monkeypatch.setattr(main, "_prepare_environment", lambda: None)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == StatisticsError.exit_code
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("error: no cell of 100 m")
    assert said[-1] == "1 fault; nothing was written"
