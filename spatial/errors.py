"""The error family: a message names argument, value, first bad row and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "ConfigError",
    "Fault",
    "Faults",
    "HotspotsError",
    "InputError",
    "RunInProgressError",
    "StatisticsError",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input or a setting, in words a person can act on.

    `message` holds the value and the way out; `line` counts from 1 and `field` is the column,
    key or argument.
    """

    message: str
    file: str | None = None
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        """Return `file:line: field: message`, leaving out what is not known."""
        place = self.file or ""
        if self.file is not None and self.line is not None:
            place = f"{self.file}:{self.line}"
        parts = [part for part in (place, self.field) if part]
        return ": ".join([*parts, self.message])


class HotspotsError(Exception):
    """Anything this service refuses; `exit_code` is what the command line returns."""

    exit_code = 2


class InputError(HotspotsError):
    """Input files cannot be used. Carries every fault that was found, not the first."""

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ConfigError(InputError):
    """A configuration file or option cannot be used."""


class StatisticsError(HotspotsError, ValueError):
    """An argument of a statistic has no meaning: NaN, wrong shape, out of range."""


class RunInProgressError(HotspotsError):
    """Another process is publishing into the same runs folder."""

    exit_code = 75


class Faults:
    """Collects faults so that a reader can report all of them at once."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        field: str | None = None,
    ) -> None:
        """Note one fault and go on."""
        self._faults.append(Fault(message, file=file, line=line, field=field))

    def extend(self, faults: Iterable[Fault]) -> None:
        """Note the faults that another reader found."""
        self._faults.extend(faults)

    def __len__(self) -> int:
        """Return how many faults there are so far."""
        return len(self._faults)

    def raise_if_any(self, error: type[InputError] = InputError) -> None:
        """Raise `error` with every fault noted so far, if there is one."""
        if self._faults:
            raise error(self._faults)
