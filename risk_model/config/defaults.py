"""The two priorities of the strategy as they are when a file does not name any.

`config/risk.yaml` spells the same out with comments; a test holds the two equal.
"""

from __future__ import annotations

from risk_model.config.priority import Indicator, Priority

__all__ = ["default_priorities"]


def default_priorities() -> dict[str, Priority]:
    """Return SV01 and SV04 with their default indicators and weights."""
    return {"sv01": _high_harm(), "sv04": _serious_violence()}


def _high_harm() -> Priority:
    return Priority(
        title="High-harm offending",
        aim="focused deterrence in high-risk neighbourhoods",
        offences="harm",
        indicators={
            "harm_rate": Indicator(
                weight=0.40,
                why="SV01 is about harm, not volume: recorded harm per resident is the aim itself "
                "and carries the most weight.",
            ),
            "persistence": Indicator(
                weight=0.20,
                why="Focused deterrence takes months to set up. A place that is above its "
                "expected count month after month is worth it; one bad month is not.",
            ),
            "all_crime_rate": Indicator(
                weight=0.15,
                why="The worst harm is rare, and its own past counts are a poor guide to where it "
                "happens next: over 37 forces counts of all crime found 42 % of the next month's "
                "robberies and weapon offences where those counts themselves found 34 %.",
            ),
            "deprivation_without_crime": Indicator(
                weight=0.25,
                why="Deprivation goes with harm that is never reported, and steadies areas with "
                "few events. Its crime domain is taken out, so that recorded crime counts once.",
            ),
        },
    )


def _serious_violence() -> Priority:
    return Priority(
        title="Serious violence in the community",
        aim="community engagement and local action in high-risk neighbourhoods",
        offences={"violence_and_sexual_offences": 1.0, "robbery": 1.0},
        indicators={
            "event_rate": Indicator(
                weight=0.40,
                why="SV04 is about how often people meet violence where they live, so events per "
                "resident carry the most weight.",
            ),
            "robbery_rate": Indicator(
                weight=0.10,
                why="Robbery is what people fear in the street and a small part of the count "
                "above; by itself it speaks for the safety of streets. It is rare, so it stays "
                "low.",
            ),
            "persistence": Indicator(
                weight=0.15,
                why="Local action is built over seasons; a place that stays above its expected "
                "count is a better partner for it than one summer's peak.",
            ),
            "antisocial_behaviour_rate": Indicator(
                weight=0.15,
                why="Not a crime and not harm-weighted, but it is what residents report first and "
                "what community engagement can change; it depends on who calls, so it stays low.",
            ),
            "deprivation_without_crime": Indicator(
                weight=0.20,
                why="Violence that is not reported follows deprivation. Its crime domain is taken "
                "out, so that recorded crime counts once.",
            ),
        },
    )
