"""`hotspots calibrate`: measure tests, risks and ranks on maps whose truth is known."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboards.cli.calibrate_risks import (
    RANK_HEADERS,
    RISK_HEADERS,
    rank_rows,
    risk_checks,
    risk_rows,
    risk_section,
)
from dashboards.cli.options import (
    AreaOption,
    ConfigOption,
    DataRootOption,
    RingOption,
    WorkersOption,
    make_request,
)
from dashboards.cli.sections import command_text, read_document, with_section
from spatial.errors import ConfigError, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from dashboards.cli.console import Console
    from risk_model.risk_calibration import RiskCheck
    from spatial.blocks import BlockMap
    from spatial.calibration import FalsePositives, Share
    from spatial.planted_block import Power
    from spatial.weights import Neighbours

__all__ = ["calibrate", "with_section"]

_SEED = 20_261_122
_ROWS, _COLUMNS, _BLOCK, _LIFT = 20, 23, 5, 2.0
_EVENTS = (20.0, 2.0, 0.3)
"""Mean events of an area: violence, then rarer offences, over half a year of LSOAs."""

_LATTICE = f"lattice {_ROWS} x {_COLUMNS}"
_ASKED_OF_NULLS = (0.040, 0.060)
_ASKED_OF_LABELS = 0.060
_ASKED_OF_POWER = (0.90, 0.005)
_DECIMALS = 9
"""A share is compared with what is asked of it without the noise of adding up."""

_NULL_HEADERS = (
    "areas", "null", "local Moran, p", "asked", "Gi*, p", "half of p", "any label, p", "asked",
    "High-High, p", "maps with q <= .05", "with a label, q", "with High-High, q",
)  # fmt: skip
_NULL_SHOWN = (1, 2, 3, 4, 5, 6, 10)
"""Columns of them that a screen has room for."""
_POWER_HEADERS = (
    "statistic", "inner 3 x 3", "asked", "whole 5 x 5", "outside", "asked", "outside, any label",
    "touching the block", "beyond",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Graph:
    """Areas to test on: `report` marks those that are published, `population` has everyone's."""

    name: str
    neighbours: Neighbours
    population: npt.NDArray[np.float64]
    report: npt.NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True)
class _Null:
    """One line of the table of false positives; `asked` where its p has to be right."""

    areas: str
    null: str
    found: FalsePositives
    asked: bool


def calibrate(
    *,
    maps: Annotated[int, typer.Option(min=2, help="Maps without a cluster, of each kind.")] = 200,
    power_maps: Annotated[
        int, typer.Option("--power-maps", min=2, help="Maps with a planted cluster.")
    ] = 100,
    risk_maps: Annotated[
        int, typer.Option("--risk-maps", min=2, help="Maps with known risks, of each kind.")
    ] = 200,
    permutations: Annotated[
        int, typer.Option(min=99, help="Permutations of each test of each map.")
    ] = 9_999,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal figures.")] = _SEED,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="DOCUMENT",
            help="Rewrite the marked section of this document; nothing else in it changes.",
            show_default=False,
        ),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            "--inputs",
            help="Also test on the real areas and populations that this file names.",
            show_default="a lattice alone",
        ),
    ] = None,
    config: ConfigOption = Path("config/risk.yaml"),
    data_root: DataRootOption = None,
    area: AreaOption = None,
    ring: RingOption = None,
    workers: WorkersOption = 1,
) -> None:
    """Measure the cluster tests, and stated risks and ranks, on maps whose truth is known."""
    from dashboards.cli.console import Console
    from spatial.blocks import block_map

    if inputs is None:
        _refuse_without_inputs({"--data-root": data_root, "--area": area, "--ring": ring})
    document = None if to is None else read_document(to, "calibrate")
    started, console = time.perf_counter(), Console()
    graphs = [_lattice(seed)]
    if inputs is not None:
        graphs.append(_real_areas(console, config, inputs, data_root, area, ring))
    with block_map(workers) as blocks:
        nulls = list(_nulls(console, graphs, maps, permutations, seed, blocks))
        console.progress("a planted block")
        powers = _powers(power_maps, permutations, seed, blocks)
        name, people = _study(graphs[-1])
        risks = list(risk_checks(console, name, people, risk_maps, seed, blocks))
    console.progress("")
    taken = time.perf_counter() - started
    _print(console, nulls, powers, risks)
    if to is None or document is None:
        return
    command = command_text(
        "calibrate",
        {
            "--maps": None if maps == 200 else maps,
            "--power-maps": None if power_maps == 100 else power_maps,
            "--risk-maps": None if risk_maps == 200 else risk_maps,
            "--permutations": None if permutations == 9_999 else permutations,
            "--seed": None if seed == _SEED else seed,
            "--inputs": inputs,
            "--config": None if config == Path("config/risk.yaml") else config,
            # The variable of the environment is not part of a command, the option is.
            "--data-root": data_root if inputs is not None else None,
            "--area": area,
            "--ring": ring,
            "--workers": None if workers == 1 else workers,
            "--to": to,
        },
    )
    known = risk_section(
        name,
        risks,
        _markdown(RISK_HEADERS, risk_rows(risks)),
        _markdown(RANK_HEADERS, rank_rows(risks)),
    )
    section = _section(nulls, powers, known, command=command, seed=seed, seconds=taken)
    to.write_text(with_section(document, section, name=str(to)), encoding="utf-8", newline="\n")
    console.line(f"Written into {to}")


def _refuse_without_inputs(given: Mapping[str, object]) -> None:
    # The data root may come from the environment, which says nothing about this command.
    faults = [
        Fault("needs --inputs: without it there is a lattice only", field=name)
        for name, value in given.items()
        if value is not None and name != "--data-root"
    ]
    if faults:
        raise ConfigError(faults)


def _lattice(seed: int) -> _Graph:
    """Return a made-up district; populations of the size of LSOAs."""
    import numpy as np

    from spatial.planted_block import queen_lattice

    graph = queen_lattice(_ROWS, _COLUMNS)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    return _Graph(_LATTICE, graph, rng.integers(1_000, 3_001, graph.n).astype(np.float64), None)


def _real_areas(
    console: Console, config: Path, inputs: Path, data_root: Path | None, area: str | None,
    ring: str | None,
) -> _Graph:  # fmt: skip
    """Read real areas as a run does: study area and ring, those with residents."""
    import numpy as np

    from risk_model import api

    request = make_request(
        config=config,
        inputs=inputs,
        data_root=data_root,
        area=area,
        period=None,
        ring=ring,
        settings=None,
    )
    loaded = api.check(request, progress=console.progress)
    people = loaded.population.loc[list(loaded.study.all_codes)].astype(np.float64)
    people = people[people > 0]
    report = np.asarray(people.index.isin(list(loaded.study.codes)), dtype=np.bool_)
    around = int((~report).sum())
    name = f"{loaded.name}, {int(report.sum())}" + (f" and a ring of {around}" if around else "")
    graph = loaded.neighbours.subset(str(code) for code in people.index)
    return _Graph(name, graph, np.asarray(people, dtype=np.float64), report)


def _study(graph: _Graph) -> tuple[str, npt.NDArray[np.float64]]:
    """Return what the areas that are published are called, and their populations."""
    if graph.report is None:
        return f"{graph.name}, {graph.population.size} areas", graph.population
    return f"{graph.name.split(' and a ring')[0]} areas", graph.population[graph.report]


def _nulls(
    console: Console, graphs: Sequence[_Graph], maps: int, permutations: int, seed: int,
    blocks: BlockMap,
) -> Iterator[_Null]:  # fmt: skip
    """Test maps without a cluster on every graph."""
    import numpy as np

    from spatial.calibration import Rate, false_positives
    from spatial.local_tests import FEWEST_EVENTS

    kinds: list[tuple[float | None, Rate]] = [(None, "assuncao-reis")]
    kinds += [(events, "assuncao-reis") for events in _EVENTS]
    kinds.append((_EVENTS[-1], "raw"))
    for place, graph in enumerate(graphs):
        for number, (events, rate) in enumerate(kinds):
            if events is not None and events * graph.neighbours.n < FEWEST_EVENTS:
                continue
            null = "normal" if events is None else f"Poisson, {events:g} an area"
            if rate == "raw":
                null += ", raw rate"
            console.progress(f"{graph.name}: {null}")
            found = false_positives(
                graph.neighbours,
                seed=np.random.SeedSequence(seed, spawn_key=(1, place, number)),
                population=None if events is None else graph.population,
                events_per_area=events,
                rate=rate,
                report=graph.report,
                maps=maps,
                permutations=permutations,
                blocks=blocks,
            )
            yield _Null(graph.name, null, found, asked=rate != "raw")


def _powers(maps: int, permutations: int, seed: int, blocks: BlockMap) -> tuple[Power, ...]:
    import numpy as np

    from spatial.planted_block import detection_power

    return detection_power(
        seed=np.random.SeedSequence(seed, spawn_key=(2,)),
        rows=_ROWS,
        columns=_COLUMNS,
        block=_BLOCK,
        lift=_LIFT,
        maps=maps,
        permutations=permutations,
        blocks=blocks,
    )


def _text(share: Share, decimals: int = 4) -> str:
    return f"{share.value:.{decimals}f} ± {share.standard_error:.{decimals}f}"


def _met(asked: str, *, met: bool) -> str:
    return f"{asked}: {'met' if met else 'NOT MET'}"


def _null_rows(nulls: Sequence[_Null]) -> list[tuple[str, ...]]:
    low, high = _ASKED_OF_NULLS
    rows = []
    for null in nulls:
        found = null.found
        inside = all(
            low <= round(share.value, _DECIMALS) <= high for share in (found.moran, found.gi_star)
        )
        asked = _met(f"{low:g} to {high:g}", met=inside) if null.asked else "nothing"
        few = round(found.labelled.value, _DECIMALS) <= _ASKED_OF_LABELS
        labels = _met(f"<= {_ASKED_OF_LABELS:g}", met=few) if null.asked else "nothing"
        flags = (found.any_flag, found.label_flag, found.hot_flag)
        rows.append(
            (
                *(null.areas, null.null, _text(found.moran), asked),
                *(_text(found.gi_star), _text(found.halved), _text(found.labelled), labels),
                *(_text(found.high_high), *(_text(share, 3) for share in flags)),
            )
        )
    return rows


def _power_rows(powers: Sequence[Power]) -> list[tuple[str, ...]]:
    least, most = _ASKED_OF_POWER
    return [
        (
            power.statistic,
            _text(power.inner, 3),
            _met(f">= {least:g}", met=round(power.inner.value, _DECIMALS) >= least),
            _text(power.block, 3),
            _text(power.outside),
            _met(f"<= {most:g}", met=round(power.outside_any.value, _DECIMALS) <= most),
            _text(power.outside_any),
            _text(power.touching),
            _text(power.beyond, 5),
        )
        for power in powers
    ]


def _print(
    console: Console,
    nulls: Sequence[_Null],
    powers: Sequence[Power],
    risks: Sequence[RiskCheck],
) -> None:
    console.heading("No cluster: share of areas with p <= .05, ± standard error over the maps")
    for areas in dict.fromkeys(null.areas for null in nulls):
        console.line(areas)
        rows = _null_rows([null for null in nulls if null.areas == areas])
        shown = [[row[k] for k in _NULL_SHOWN] for row in (_NULL_HEADERS, *rows)]
        console.table(shown[0], shown[1:], right=[1, 3, 4, 5, 6])
    console.heading("A planted block: share of cells found at q <= .05")
    console.table(_POWER_HEADERS, _power_rows(powers), right=[1, 3, 4, 6, 7, 8])
    console.heading('Known risks; claims read "areas a map: chance stated, share true"')
    for headers, rows in ((RISK_HEADERS, risk_rows(risks)), (RANK_HEADERS, rank_rows(risks))):
        console.table(headers, rows, right=[0, 1, 2, *range(4, len(headers))])


def _markdown(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("Gi*", "Gi\\*") for line in lines)


def _section(
    nulls: Sequence[_Null],
    powers: Sequence[Power],
    risks: str,
    *,
    command: str,
    seed: int,
    seconds: float,
) -> str:
    """Return the generated section, in Markdown."""
    from risk_model.provenance import versions

    named = versions()
    used = ("csp-hotspots", "python", "numpy", "scipy")
    libraries = ", ".join(f"{name} {named[name]}" for name in used)
    first = nulls[0].found
    return f"""
Written by the command, not by hand:

```sh
{command}
```

{datetime.now(UTC):%Y-%m-%d}; seed {seed}; {first.permutations:,} permutations; {libraries};
{platform.system()} {platform.machine()}, {os.cpu_count()} cores; {seconds:.0f} s.

**No cluster**: {first.moran.maps} maps a line; share of areas with p <= .05, mean over the maps
± its standard error. "Half of p" is what a library's one-tailed default would call significant.

{_markdown(_NULL_HEADERS, _null_rows(nulls))}

**A planted block**: {powers[0].inner.maps} maps of {_ROWS} x {_COLUMNS} cells of normal noise,
{_BLOCK} x {_BLOCK} of them raised by {_LIFT:g} standard deviations; share of cells found
(High-High, or hot) at q <= .05. What is asked of the cells outside is held against those with any
label.

{_markdown(_POWER_HEADERS, _power_rows(powers))}

{risks}
"""
