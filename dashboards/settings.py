"""What a person who runs the service may set; every field has a safe default."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["WebSettings"]


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Options of the web pages.

    Parameters
    ----------
    weights
        The file of weights that changed ones are saved from, as a download; none by default.
    contact
        Where a reader may question a result, as plain text ("the partnership analyst, 01305 ...").
    runs_kept
        How many runs are held in memory at once; the least recently read goes first.
    callback_bytes
        Largest request body that is read; more is answered with 413.
    workers
        Server processes on Unix.
    threads
        Threads of each server process.
    """

    weights: Path | None = None
    contact: str = "your community safety partnership's analyst"
    runs_kept: int = 3
    callback_bytes: int = 64 * 1024
    workers: int = 2
    threads: int = 4
