"""The runs that the pages read: opened once, kept a while, never changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final, Generic, TypeVar

from dashboards.country_map import country_of
from dashboards.evidence_tables import EngineTables, engine_tables_of
from dashboards.geometry import Geometry, geometry_of
from dashboards.view import RunView, view_of
from risk_model.run_store import PublishedRun, read_run
from spatial.errors import Fault, InputError

__all__ = ["RunLibrary"]

T = TypeVar("T")

_FORCES_KEPT: Final = 8


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
        return engine_tables_of(self.open(run_id))

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
