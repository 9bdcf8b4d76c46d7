"""One answer of a run to its public record."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Known"]


@dataclass(frozen=True, slots=True)
class Known:
    """What the run knows: the text, and the keys of its manifest that it comes from.

    Without a key the text is true of every run: of the service, not of this result.
    """

    text: str
    keys: tuple[str, ...] = ()
