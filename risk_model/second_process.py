"""The second process of a run: when there is one, and what it imports while this one imports too.

This module is quick to import: the process is started before anything heavy is imported here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from spatial.beside import Beside, beside, processors

__all__ = ["preparation", "second_process"]

_IMPORTED: Final = (
    "spatial.incident_scans",
    "risk_model.run_jobs",
    "sklearn.linear_model",
    "SALib.analyze.sobol",
    "SALib.sample.sobol",
)
"""What the jobs need; named as text, because those who use the libraries import them late."""


@contextmanager
def second_process(workers: int | None, *, also: tuple[str, ...] = ()) -> Iterator[Beside]:
    """Give where a run may do jobs beside this process, and end it afterwards.

    Without a number of workers that is a second process where there are two processors. With one
    it is this process: 1 asks for no other, and more are busy with files and draws.

    Parameters
    ----------
    also
        Modules that jobs of the caller's need.
    """
    steps = preparation(also) if workers is None and processors() > 1 else None
    with beside(steps) as place:
        yield place


def preparation(also: tuple[str, ...] = ()) -> list[Callable[[], object]]:
    """Return the imports of what jobs need, in the order in which they need it."""
    return [partial(importlib.import_module, name) for name in (*_IMPORTED, *also)]
