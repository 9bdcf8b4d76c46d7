"""What is allowed and yet worth saying: warnings about a configuration, for run and page."""

from __future__ import annotations

from risk_model.config.names import CRIME_INDICATORS, FORECAST_INDICATORS
from risk_model.config.priority import Offence, Priority
from risk_model.config.risk import RiskConfig

__all__ = ["config_warnings", "double_counting_warnings"]

_HOLDS_CRIME = {
    "imd_score": "holds a domain of police-recorded crime (9.3 %)",
    "crime_domain": "is made of police-recorded crime",
}
_DOMAINS = ("income", "employment", "education", "health", "barriers", "living_environment")


def double_counting_warnings(config: RiskConfig) -> tuple[str, ...]:
    """Return one sentence for each way in which a score counts one thing twice.

    Warnings never stop a run: the weights are the analyst's. They stand in the manifest and on
    the page. Police-generated drivers are said by scoring, which knows which were counted.
    """
    found: list[str] = []
    for name, priority in config.priorities.items():
        used = [key for key, indicator in priority.indicators.items() if indicator.weight > 0]
        found += _deprivation(name, used)
        found += _forecast(name, used)
        rates = [key for key in used if key.endswith("_rate")]
        if "violence_rate" in used and "event_rate" in used and _is_violence(priority):
            found.append(
                f"{name}: event_rate counts the same offences as violence_rate, so violence "
                "counts twice."
            )
        if "robbery_rate" in used and "event_rate" in used and _counted(priority) == {"robbery"}:
            found.append(f"{name}: event_rate and robbery_rate are the same rate, counted twice.")
        if len(rates) > 1 and len(rates) == len(used):
            found.append(
                f"{name}: every indicator is a crime rate of the same months; a chance rise moves "
                "all of them together."
            )
    return tuple(found)


def config_warnings(config: RiskConfig) -> tuple[str, ...]:
    """Return every warning about a configuration: double counting, missing reasons, few draws.

    What depends on the data as well (police-generated drivers, an uplift) is said by scoring.
    """
    found = list(double_counting_warnings(config))
    for name, priority in config.priorities.items():
        silent = [
            key
            for key, indicator in priority.indicators.items()
            if indicator.weight > 0 and not indicator.why.strip()
        ]
        if silent:
            found.append(f"{name}: no reason (`why`) is given for {', '.join(silent)}.")
    if config.uncertainty.draws < 1000:
        found.append(
            f"{config.uncertainty.draws} draws are too few to publish rank ranges from; use 1,000 "
            "or more."
        )
    return tuple(found)


def _deprivation(name: str, used: list[str]) -> list[str]:
    crime = [key for key in used if key in CRIME_INDICATORS]
    found = [
        f"{name}: {key} {why} beside {', '.join(crime)}: crime counts twice. "
        "deprivation_without_crime leaves it out."
        for key, why in _HOLDS_CRIME.items()
        if key in used and crime
    ]
    whole = [key for key in ("deprivation_without_crime", "imd_score") if key in used]
    parts = [key for key in _DOMAINS if key in used]
    if len(whole) > 1:
        found.append(f"{name}: deprivation_without_crime and imd_score are nearly the same thing.")
    if whole and parts:
        found.append(f"{name}: {', '.join(parts)} counts twice: {whole[0]} holds it already.")
    return found


def _forecast(name: str, used: list[str]) -> list[str]:
    """Return what a forecast counts again: it is learned from crime, deprivation and rurality."""
    expected = [key for key in used if key in FORECAST_INDICATORS]
    if not expected:
        return []
    listed = ", ".join(expected)
    again = [key for key in used if key not in FORECAST_INDICATORS]
    found = []
    if again:
        found.append(
            f"{name}: {listed} beside {', '.join(again)}: a forecast is learned from recorded "
            "crime, deprivation and rurality, so they count twice."
        )
    if len(expected) > 1:
        found.append(f"{name}: {listed} foretell overlapping offences, which count twice.")
    return found


def _counted(priority: Priority) -> set[str]:
    if priority.offences == "harm":
        return set()
    return {
        category
        for category, offence in priority.offences.items()
        if (offence.weight if isinstance(offence, Offence) else offence) > 0
    }


def _is_violence(priority: Priority) -> bool:
    return "violence_and_sexual_offences" in _counted(priority)
