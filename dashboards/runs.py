"""The runs that the pages read: opened once, kept a while, never changed."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import TypeVar

from dashboards.evidence_tables import EngineTables, engine_tables_of
from dashboards.geometry import Geometry, geometry_of
from dashboards.view import RunView, view_of
from risk_model.run_store import PublishedRun, read_run

__all__ = ["RunLibrary"]

T = TypeVar("T")


class RunLibrary:
    """Published runs by their id, the most recently read kept in memory.

    A run never changes once it is published, so what is kept can never be out of date; only the
    question "which run is current?" goes to the disk each time.
    """

    def __init__(self, runs: Path, *, keep: int = 3) -> None:
        self._runs = runs
        self._keep = keep
        self._lock = Lock()
        self._views: OrderedDict[str, RunView] = OrderedDict()
        self._geometries: OrderedDict[str, Geometry] = OrderedDict()

    def current_id(self) -> str:
        """Return the id of the run being served; InputError where none is published."""
        return read_run(self._runs).run_id

    def open(self, run_id: str) -> PublishedRun:
        """Open a run's files; InputError where there is no such run."""
        return read_run(self._runs, run_id)

    def view(self, run_id: str = "") -> RunView:
        """Return the figures of a run; of the current one without an id."""
        wanted = run_id or self.current_id()
        with self._lock:
            found = self._views.get(wanted)
            if found is None:
                found = view_of(self.open(wanted))
            _keep(self._views, wanted, found, self._keep)
        return found

    def evidence(self, run_id: str) -> EngineTables:
        """Return the tables that describe a run's map as a whole; they are small."""
        return engine_tables_of(self.open(run_id))

    def geometry(self, run_id: str) -> Geometry:
        """Return the shapes of a run as the bytes that the browser gets."""
        with self._lock:
            found = self._geometries.get(run_id)
            if found is None:
                found = geometry_of(self.open(run_id))
            _keep(self._geometries, run_id, found, self._keep)
        return found


def _keep(shelf: OrderedDict[str, T], key: str, value: T, most: int) -> None:
    shelf[key] = value
    shelf.move_to_end(key)
    while len(shelf) > most:
        shelf.popitem(last=False)
