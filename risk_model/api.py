"""The one composition: settings and files in, a published run out.

The command line, Python users and scheduled refreshes all come through here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from threadpoolctl import threadpool_limits

from risk_model.attribution import Attribution, Basis, attribute
from risk_model.backtest_run import BacktestOptions, run_backtest
from risk_model.backtest_store import attach_backtest
from risk_model.comparison import Comparison, compare_sides, side_of
from risk_model.config.harm import load_harm_weights
from risk_model.config.inputs import input_lines
from risk_model.config.inputs import load_inputs as load_inputs_config
from risk_model.config.overrides import OPTION
from risk_model.config.risk import load_risk
from risk_model.config.warnings import config_warnings
from risk_model.context_report import context_report, with_context
from risk_model.engine_report import engine_report, report_writers
from risk_model.input_tables import Settings, path_faults
from risk_model.kept_settings import settings_of
from risk_model.list_report import list_report, list_writers, with_lists
from risk_model.loading import LoadedInputs, Progress, load
from risk_model.model_data import ModelData
from risk_model.model_store import read_model
from risk_model.outputs import content_of, manifest_of, own_writers
from risk_model.pipeline import Run, build_model, build_run
from risk_model.provenance import jsonable, run_id_of
from risk_model.run_history import earlier_refreshes
from risk_model.run_jobs import begin_jobs, begin_sensitivity
from risk_model.run_store import PublishedRun, Writer, lock_runs, publish, read_run
from risk_model.sensitivity import sensitivity_writers
from risk_model.whatif import density_shares, rescore
from spatial.beside import HERE, Alternately, Beside
from spatial.blocks import block_map
from spatial.errors import ConfigError, Fault, Faults, HotspotsError, InputError
from spatial.period import Period

__all__ = [
    "BacktestOptions",
    "Request",
    "backtest",
    "check",
    "compare",
    "compare_with",
    "load_inputs",
    "load_settings",
    "read_run",
    "run",
]

ExtraWriters = Callable[[Run, Mapping[str, object]], Mapping[str, Writer]]


def _quiet(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: which settings, which files, which area and months.

    Without an area or a period those of the inputs file hold. `overrides` are dotted keys of the
    risk model with values as text, as the command line's `--set` takes them; they go before the
    `settings` of the inputs file.
    """

    config: Path
    inputs: Path
    data_root: Path
    area: str | None = None
    period: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)


def load_settings(request: Request) -> Settings:
    """Read and check every setting; all faults of all files at once.

    Raises
    ------
    ConfigError
        With each fault's file and line.
    """
    faults = Faults()
    risk = harm = inputs = period = None
    later: tuple[Fault, ...] = ()
    try:
        inputs = load_inputs_config(request.inputs)
    except InputError as error:
        later = error.faults
    overrides = {**(inputs.overrides if inputs else {}), **request.overrides}
    try:
        risk = load_risk(request.config, overrides)
        harm = load_harm_weights(request.config.parent / risk.harm_weights)
    except InputError as error:
        faults.extend(_traced(fault, request, overrides) for fault in error.faults)
    faults.extend(later)
    try:
        if request.period is not None:
            period = Period.parse(request.period)
        elif inputs is not None:
            period = Period.parse(inputs.period)
    except InputError as error:
        faults.extend(error.faults)
    if request.area is not None and not request.area.strip():
        faults.add(
            "is empty; give local authority codes such as E06000059, or leave it out for the "
            "inputs file's area",
            field="--area",
        )
    if not request.data_root.is_dir():
        faults.add(
            f"{str(request.data_root)!r} is not a folder; give the folder that the paths in "
            f"{request.inputs} start from",
            field="--data-root",
        )
    elif inputs is not None:
        lines = input_lines(request.inputs)
        shown = str(request.inputs)
        faults.extend(path_faults(inputs, request.data_root, shown_as=shown, lines=lines))
    faults.raise_if_any(ConfigError)
    if risk is None or harm is None or inputs is None or period is None:
        raise AssertionError  # a reader that gives nothing has noted a fault
    return Settings(
        risk=risk,
        harm=harm,
        inputs=inputs,
        root=request.data_root,
        area=request.area or inputs.area,
        period=period,
        overrides=overrides,
    )


def _traced(fault: Fault, request: Request, overrides: Mapping[str, str]) -> Fault:
    """Name the inputs file where a fault of an override came from its `settings`."""
    key = fault.field or ""
    if fault.file != OPTION or key in request.overrides or key not in overrides:
        return fault
    return replace(fault, file=str(request.inputs), field=f"settings: {key}")


def load_inputs(settings: Settings, *, progress: Progress = _quiet) -> LoadedInputs:
    """Read every file that the settings name and account for every row."""
    return load(settings, progress=progress)


def check(request: Request, *, progress: Progress = _quiet) -> LoadedInputs:
    """Validate settings and inputs; write nothing."""
    return load_inputs(load_settings(request), progress=progress)


def run(
    request: Request,
    *,
    runs: Path,
    writers: ExtraWriters | None = None,
    progress: Progress = _quiet,
    now: datetime | None = None,
    workers: int = 1,
    place: Beside = HERE,
) -> PublishedRun:
    """Read, score and publish; the result is what `CURRENT` names from then on.

    Parameters
    ----------
    runs
        The folder of published runs.
    writers
        Called with the run and its manifest; returns writers of files that this layer cannot
        make, such as `map.html`. They take the place of ours of the same name.
    now
        The time to record, aware; the clock's without it.
    workers
        Processes that count files and draw; more than one is worth its start for a country.
    place
        Where the forecast and part of the tables are made, beside this process or in it: see
        `risk_model.second_process`, which needs what `multiprocessing` needs of a script
        (`if __name__ == "__main__"`). The run is the same whatever is given for both.

    Raises
    ------
    InputError
        Settings or inputs that cannot be used; nothing is written.
    RunInProgressError
        Another process is publishing into `runs`.
    """
    started = time.perf_counter()
    settings = load_settings(request)
    with lock_runs(runs):
        with block_map(workers) as blocks:
            # The second process has no job yet: it takes every second part of the files.
            files = Alternately(place) if workers == 1 else blocks
            loaded = load(settings, progress=progress, blocks=files)
            seconds = {"reading": _since(started)}
            progress("aligning layers")
            started = time.perf_counter()
            model = build_model(loaded)
            begun = begin_jobs(loaded, model, settings.risk, settings.harm, place)
            seconds["layers"] = _since(started)
            # One thread, so that figures do not depend on the machine.
            with threadpool_limits(limits=1):
                built = build_run(
                    loaded,
                    model,
                    settings.risk,
                    settings.harm,
                    forecast_later=begun.forecast,
                    progress=progress,
                    blocks=blocks,
                )
            hangs = begin_sensitivity(built.scored, model, settings.risk, place)
            progress("concentration, clusters and supports")
            started = time.perf_counter()
            report = engine_report(
                built, tables_later=begun.tables, cuts_later=begun.cuts, blocks=blocks
            )
            after = {"report": _since(started)}
            progress("what the lists hang on")
            started = time.perf_counter()
            sensitivity = hangs()
            after["sensitivity"] = _since(started)
        progress("publishing")
        manifest = manifest_of(
            built,
            inputs=settings.inputs,
            overrides=settings.overrides,
            created=now or datetime.now(UTC),
        )
        earlier = earlier_refreshes(runs, manifest)
        context = context_report(built, earlier[-1] if earlier else None)
        built = with_context(built, context)
        manifest |= context.manifest
        lists = list_report(built, earlier, config_sha256=manifest["config_sha256"])
        built = with_lists(built, lists)
        for key, summary in lists.summaries.items():
            manifest["priorities"][key]["list"] = summary
        manifest["warnings"] += [
            *context.warnings,
            *lists.warnings,
            *config_warnings(settings.risk),
        ]
        manifest["timings"] = {**seconds, **manifest["timings"], **after}
        judged = attach_backtest(runs, manifest)
        manifest["backtest"] = judged.entry
        manifest["warnings"] += judged.warnings
        created = datetime.fromisoformat(manifest["created"])
        run_id = run_id_of(created, content_of(manifest))
        extra = writers(built, {**manifest, "run_id": run_id}) if writers else {}
        published = publish(
            runs,
            run_id,
            manifest,
            {
                **own_writers(built),
                **report_writers(report),
                **sensitivity_writers(sensitivity),
                **list_writers(built, lists),
                **context.writers,
                **judged.writers,
                **extra,
            },
        )
        progress("")
    return published


def backtest(
    request: Request,
    options: BacktestOptions,
    *,
    runs: Path,
    progress: Progress = _quiet,
    now: datetime | None = None,
    workers: int = 1,
) -> PublishedRun:
    """Say what the lists of a run like this one would have caught later, and keep it with the runs.

    A later run of equal settings and files carries it.
    """
    settings = load_settings(request)
    with block_map(workers) as blocks:
        return run_backtest(settings, options, runs=runs, progress=progress, now=now, blocks=blocks)


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 3)


def compare(runs: Path, first: str | None, second: str | None) -> Comparison:
    """Say who enters, leaves and moves between two published runs, and which change did it.

    A run that kept no layers, or settings that this version cannot read, is compared all the same;
    the note then says why no cause is given.
    """
    before, after = read_run(runs, first), read_run(runs, second)
    sides = side_of(before), side_of(after)
    try:
        old, new = (_kept_basis(run) for run in (before, after))
        keys = [key for key in sides[1].titles if key in sides[0].titles]
        found = _attributions(old, new, keys)
    except HotspotsError as error:
        return compare_sides(*sides, note=f"which change did it cannot be said: {error}")
    return compare_sides(*sides, attributions=found)


def _kept_basis(run: PublishedRun, data: ModelData | None = None) -> Basis:
    """Return what a published run was scored from: the layers it kept, its own settings.

    Raises
    ------
    InputError
        Where an earlier version made the run and kept something else.
    """
    try:
        config, harm = settings_of(run.manifest)
        return Basis(read_model(run).data if data is None else data, config, harm)
    except (KeyError, ValueError, OSError) as error:
        first = (str(error) or type(error).__name__).splitlines()[0]
        fault = f"what run {run.run_id} kept is of another version ({first})"
        raise InputError(Fault(fault)) from None


def _attributions(before: Basis, after: Basis, keys: Iterable[str]) -> dict[str, Attribution]:
    with threadpool_limits(limits=1):
        return {key: attribute(key, before, after) for key in keys}


def compare_with(runs: Path, run_id: str | None, config: Path) -> Comparison:
    """Say who would enter, leave and move if a published run had been made with other settings.

    Nothing is published. The layers are those that the run kept, so settings that choose inputs
    (the ring and the kind of neighbours) stay as they were.
    """
    published = read_run(runs, run_id)
    risk = load_risk(config)
    harm = load_harm_weights(config.parent / risk.harm_weights)
    kept = read_model(published)
    before = side_of(published)
    with threadpool_limits(limits=1):
        shares = density_shares(kept, before.areas, published.manifest, risk, harm)
        scored = rescore(kept.data, risk, harm, density_share=shares, explain=False)
    labels = kept.data.labels.loc[list(kept.data.study_codes)]
    after = replace(
        before,
        name=f"{before.name} with {config}",
        config=jsonable(risk.model_dump(mode="json")),
        titles={key: priority.title for key, priority in risk.priorities.items()},
        areas=labels.join(scored.areas),
        contributions=scored.contributions,
    )
    keys = [key for key in after.titles if key in before.titles]
    try:
        basis = _kept_basis(published, kept.data)
        found = _attributions(basis, Basis(kept.data, risk, harm), keys)
    except HotspotsError as error:
        return compare_sides(before, after, note=f"which change did it cannot be said: {error}")
    return compare_sides(before, after, attributions=found)
