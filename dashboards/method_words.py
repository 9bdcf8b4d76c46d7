"""What the settings of a run did to its rates, neighbours and densities, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "correction_said",
    "density_said",
    "labels_said",
    "neighbours_said",
    "seeds_said",
    "side_tested",
    "sides_said",
    "smoothing_said",
]

_SIDES = {
    "two-sided": (
        "Pseudo p-values are two-sided: areas unusually like their neighbours and areas unusually "
        "unlike them are found, and hot and cold spots."
    ),
    "greater": (
        "Pseudo p-values are one-sided (greater): only areas unusually like their neighbours "
        "(High-High, Low-Low) and hot spots are looked for, and found more easily than by a "
        "two-sided test. Monthly patterns are two-sided, and so is the support "
        "check by plain counts."
    ),
    "less": (
        "Pseudo p-values are one-sided (less): only areas unusually unlike their neighbours "
        "(High-Low, Low-High) and cold spots are looked for, and found more easily than by a "
        "two-sided test. No area can be High-High or a hot spot. Monthly patterns are two-sided, "
        "and so is the support check by plain counts."
    ),
}

_SMOOTHING = {
    "gamma_poisson": "Rates of few events are pulled towards the mean of {whom} (gamma-Poisson).",
    "marshall": (
        "Rates of few events are pulled towards the mean of {whom} (Marshall's global empirical "
        "Bayes); relative risks and likely ranks are gamma-Poisson."
    ),
    "local_marshall": (
        "Rates of few events are pulled towards the mean of each area and its neighbours within "
        "{whom} (Marshall's local empirical Bayes); relative risks and likely ranks are "
        "gamma-Poisson, towards the mean of {whom}."
    ),
}


def smoothing_said(manifest: Mapping[str, Any]) -> str:
    """Say how rates of small areas were shrunk, and towards what."""
    config = manifest.get("config") or {}
    method = (config.get("statistics") or {}).get("smoothing")
    if method not in _SMOOTHING:
        return "How rates of small areas were smoothed was not recorded."
    groups = (config.get("rurality") or {}).get("shrink_to") == "stratum"
    whom = "areas of their own kind, urban or rural," if groups else "the study area"
    return _SMOOTHING[method].format(whom=whom).replace(", (", " (").replace(",.", ".")


def neighbours_said(manifest: Mapping[str, Any]) -> str:
    """Say who counts as a neighbour, and how much."""
    settings = (manifest.get("config") or {}).get("statistics") or {}
    kind = settings.get("neighbours")
    if kind == "rook":
        return "Neighbours share a border."
    if kind == "distance":
        within = f"{float(settings['distance_m']):,.0f} m"
        if settings.get("distance_weights") == "inverse":
            return (
                f"Neighbours are areas whose middles lie within {within}; for Moran's I a nearer "
                "one counts more (one over its distance), and each area is tested against its own "
                "chance maps. Gi* counts all of them equal."
            )
        return f"Neighbours are areas whose middles lie within {within}; each counts the same."
    return "Neighbours share a border or a corner." if kind == "queen" else ""


def side_tested(manifest: Mapping[str, Any]) -> str:
    """Return which side the cluster tests of a run looked at; runs that say none had no choice."""
    settings = (manifest.get("config") or {}).get("statistics") or {}
    return str(settings.get("alternative") or "two-sided")


def sides_said(manifest: Mapping[str, Any]) -> str:
    """Say which side the cluster tests looked at; nothing where a run recorded no settings."""
    if not (manifest.get("config") or {}).get("statistics"):
        return ""
    return _SIDES.get(side_tested(manifest), "")


def correction_said(manifest: Mapping[str, Any]) -> str:
    """Say whether the cluster tests are corrected for testing every area; empty if not known."""
    settings = (manifest.get("config") or {}).get("statistics") or {}
    how = settings.get("correction")
    if how == "none":
        return "Not corrected for many tests"
    return "Corrected for many tests" if how else ""


def labels_said(manifest: Mapping[str, Any]) -> str:
    """Say when an area is labelled a cluster, hot spot or cold spot, and by which computation."""
    settings = (manifest.get("config") or {}).get("statistics") or {}
    if "alpha" not in settings or "permutations" not in settings:
        return ""
    level, maps = f"{float(settings['alpha']):g}", f"{int(settings['permutations']):,}"
    if settings.get("correction") == "none":
        bar = (
            f"where its p-value is {level} or less; p-values are not corrected for testing every "
            "area, so that some labels are the work of chance"
        )
    else:
        bar = (
            f"where its q-value is {level} or less: the p-value corrected for testing every area "
            "(Benjamini and Hochberg)"
        )
    engine = (
        " Clusters and Gi* come from the esda library." if settings.get("engine") == "esda" else ""
    )
    return f"An area has a cluster label {bar}. Each is tested on {maps} chance maps.{engine}"


def _kept(least: float | None) -> str:
    """Say in what share of further draws the least certain area kept its label."""
    if least is None:
        return "none was drawn again"
    if least >= 1.0:
        return "none lost it when drawn again"
    return f"the least certain kept it in {least:.0%} of further draws"


def seeds_said(manifest: Mapping[str, Any]) -> str:
    """Say how far cluster labels hang on the random draws; nothing where a run has none."""
    told = []
    found = (manifest.get("statistics") or {}).get("diagnostics") or {}
    for priority in manifest.get("priorities") or {}:
        made = found.get(priority) or {}
        for what, count, least in (
            ("a cluster label", "clusters_labelled", "seeds_agree_at_least"),
            ("a hot or cold spot (Gi*)", "spots_labelled", "spots_agree_at_least"),
        ):
            if number := int(made.get(count) or 0):
                areas = "1 area has" if number == 1 else f"{number:,} areas have"
                told.append(f"{priority.upper()}: {areas} {what}, and {_kept(made.get(least))}")
    if not told:
        return ""
    return f"Chance maps were drawn again from five other random seeds. {'; '.join(told)}."


def density_said(manifest: Mapping[str, Any], priority: str) -> str:
    """Say where the bandwidth of a priority's density comes from."""
    drawn = manifest["priorities"][priority].get("density") or {}
    how = drawn.get("bandwidth") or {"method": "fixed"}
    width = f"{float(drawn.get('bandwidth_m', 0.0)):,.0f} m"
    if how["method"] == "adaptive":
        return (
            f"The bandwidth follows the events, from {how['lowest_m']:,.0f} m where they are many "
            f"to {how['highest_m']:,.0f} m where they are few, {width} in between."
        )
    if how["method"] == "cross_validated" and how.get("chosen"):
        tried = how["candidates_m"]
        return (
            f"Of bandwidths from {min(tried):,.0f} to {max(tried):,.0f} m, {width} foretells each "
            "recorded point best from the others (cross-validation)."
        )
    if how["method"] == "cross_validated":
        return f"Events were too few to choose a bandwidth, so it is {width}, as set."
    return f"The bandwidth is {width}, as set."
