"""The runs that the pages read: opened once, kept a while, never changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from dashboards.country_map import country_of
from dashboards.evidence_tables import EngineTables, engine_tables_of
from dashboards.geometry import Geometry, geometry_of
from dashboards.judgement_tables import JudgementTables, judgement_tables_of
from dashboards.view import RunView, view_of
from risk_model.comparison import Comparison, PriorityComparison, Side, compare_sides, side_of
from risk_model.run_store import PublishedRun, RunSummary, list_runs, read_run
from spatial.errors import Fault, InputError

__all__ = ["RunLibrary"]

if TYPE_CHECKING:
    from risk_model.model_store import KeptModel

T = TypeVar("T")

_FORCES_KEPT: Final = 8
_MODELS_KEPT: Final = 2


class _Shelf(Generic[T]):
    """Things made once a key, the least recently asked for thrown away first.

    Each key has a lock of its own: a country that is being drawn holds up nobody who wants a page.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._making: dict[str, Lock] = {}
        self._kept: OrderedDict[str, T] = OrderedDict()

    def get(self, key: str, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            making = self._making.setdefault(key, Lock())
        with making:
            with self._lock:
                if key in self._kept:  # another thread made it while this one waited
                    return self._kept[key]
            try:
                made = make()
                with self._lock:
                    self._kept[key] = made
                    while len(self._kept) > self._most:
                        self._kept.popitem(last=False)
            finally:
                with self._lock:
                    self._making.pop(key, None)
            return made


class RunLibrary:
    """Published runs by their id, the most recently read kept in memory.

    A run never changes once it is published, so what is kept can never be out of date; only the
    question "which run is current?" goes to the disk each time.
    """

    def __init__(self, runs: Path, *, keep: int = 3) -> None:
        self._runs = runs
        self._keep = keep
        self._views: _Shelf[RunView] = _Shelf(keep)
        self._comparisons: _Shelf[Comparison] = _Shelf(_MODELS_KEPT)
        self._models: _Shelf[tuple[KeptModel, Side]] = _Shelf(_MODELS_KEPT)
        self._evidence: _Shelf[EngineTables] = _Shelf(keep)
        self._judgement: _Shelf[JudgementTables] = _Shelf(keep)
        self._geometries: _Shelf[Geometry] = _Shelf(keep + _FORCES_KEPT)

    def current_id(self) -> str:
        """Return the id of the run being served; InputError where none is published."""
        return read_run(self._runs).run_id

    def open(self, run_id: str) -> PublishedRun:
        """Open a run's files; InputError where there is no such run."""
        return read_run(self._runs, run_id)

    def view(self, run_id: str = "") -> RunView:
        """Return the figures of a run; of the current one without an id."""
        wanted = run_id or self.current_id()
        return self._views.get(wanted, lambda: view_of(self.open(wanted)))

    def evidence(self, run_id: str) -> EngineTables:
        """Return the tables that describe a run's map as a whole; they are small."""
        return self._evidence.get(run_id, lambda: engine_tables_of(self.open(run_id)))

    def judgement(self, run_id: str) -> JudgementTables:
        """Return the tables that judge a run: sensitivity, back-test, equity, forecast."""
        return self._judgement.get(run_id, lambda: judgement_tables_of(self.open(run_id)))

    def summaries(self) -> list[RunSummary]:
        """Return the published runs, the latest first."""
        return list_runs(self._runs)[::-1]

    def compare(self, before: str, after: str, *, causes: bool = False) -> Comparison:
        """Compare two published runs; InputError where one of them is not there.

        With `causes` it also says which change did it, for which it scores: half a second for a
        police force area.
        """
        if not causes:
            return compare_sides(side_of(self.open(before)), side_of(self.open(after)))
        from risk_model.api import compare  # noqa: PLC0415

        key = f"{before}/{after}"
        return self._comparisons.get(key, lambda: compare(self._runs, before, after))

    def what_if(
        self, run_id: str, priority: str, weights: Mapping[str, float]
    ) -> PriorityComparison:
        """Say what other weights would do to a run; its kept layers stay in memory a while."""
        # Scoring loads a third of a second of libraries that no other page needs.
        from risk_model.model_store import read_model  # noqa: PLC0415
        from risk_model.weight_change import change_weights  # noqa: PLC0415

        run = self.open(run_id)
        kept, side = self._models.get(run_id, lambda: (read_model(run), side_of(run)))
        return change_weights(kept, side, run.manifest, priority, weights)

    def save_weights(
        self, source: Path, run_id: str, priority: str, weights: Mapping[str, float], **words: str
    ) -> bytes:
        """Return a file of weights with changed ones; `words` are its name and why."""
        from risk_model.weight_change import save_weights  # noqa: PLC0415

        manifest = self.open(run_id).manifest
        return save_weights(source, manifest, priority, weights, **words)

    def geometry(self, run_id: str, force: str = "") -> Geometry:
        """Return the shapes of a run, or of one of its forces, as the bytes that the browser gets.

        A run of a country has pictures instead, and shapes for each police force by itself.

        Raises
        ------
        InputError
            Where there is no such run, or no such force to choose in it.
        """
        forces = self.view(run_id).forces
        if force and force not in forces:
            raise InputError(Fault(f"run {run_id} has no police force {force!r} to choose"))

        def make() -> Geometry:
            if forces and not force:
                return country_of(self.open(run_id))
            return geometry_of(self.open(run_id), forces.get(force))

        return self._geometries.get(f"{run_id}/{force}", make)
