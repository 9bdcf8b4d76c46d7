"""Make values/pysal_*.json: what PySAL's own programs give on the data that libpysal ships.

Run from the root of the repository: `python tests/reference/make_pysal_values.py`. The neighbours
are those of the weights files beside the data, which are not always those of the polygons.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import platform
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import esda
import geopandas as gpd
import libpysal
import numpy as np
from esda import smoothing

VALUES = Path(__file__).parent / "values"
PERMUTATIONS = 9_999
SEED = 20261122

# name: layer, column of its codes, weights file, values tested, (events, population)
DATA_SETS: dict[str, tuple[str, str, str, list[str], list[tuple[str, str]]]] = {
    "columbus": ("columbus.shp", "POLYID", "columbus.gal", ["CRIME", "HOVAL"], []),
    "sids": ("sids2.shp", "FIPSNO", "sids2.gal", ["SIDR74", "SIDR79"],
             [("SID74", "BIR74"), ("SID79", "BIR79")]),
    "stl": ("stl_hom.shp", "FIPSNO", "stl.gal", ["HR7984", "HR8893"],
            [("HC7984", "PO7984"), ("HC8893", "PO8893")]),
}  # fmt: skip


def neighbours_of(weights_file: str, rows: list[int], *, by_row: bool) -> list[list[int]]:
    """Return each area's neighbours as positions in the sorted codes.

    Ids in the file are row numbers from 1 in the layer (`by_row`), or the codes themselves.
    """
    gal = libpysal.io.open(libpysal.examples.get_path(weights_file)).read()
    if by_row:
        position = {str(row + 1): place for place, row in enumerate(rows)}
    else:
        position = {str(code): place for place, code in enumerate(rows)}
    around: list[list[int]] = [[] for _ in rows]
    for area, near in gal.neighbors.items():
        around[position[str(area)]] = sorted(position[str(other)] for other in near)
    return around


def graph(around: list[list[int]]) -> Any:
    """Return weights in the order of the areas; some of PySAL's programs ask for the order."""
    return libpysal.weights.W(
        dict(enumerate(around)), id_order=list(range(len(around))), silence_warnings=True
    )


def numbers(values: Any) -> list[float | None]:
    """Keep eleven digits; JSON has no word for what is not a number."""
    flat = np.asarray(values, dtype=float).ravel()
    return [float(f"{value:.11g}") if np.isfinite(value) else None for value in flat]


def entry(call: str, values: Any) -> dict[str, Any]:
    flat = numbers(values)
    return {"call": call, "value": flat[0] if np.ndim(values) == 0 else flat}


def tested(y: np.ndarray, w: Any, other: np.ndarray) -> dict[str, dict[str, Any]]:
    """Return everything that is tested on one variable."""
    local = esda.Moran_Local(y, w, permutations=PERMUTATIONS, seed=SEED)
    binary = graph([w.neighbors[area] for area in w.id_order])
    return {
        "Moran I": entry("esda.Moran(y, w, permutations=0).I", esda.Moran(y, w, permutations=0).I),
        "Moran_Local": {
            "call": f"esda.Moran_Local(y, w, permutations={PERMUTATIONS}, seed={SEED})",
            "permutations": PERMUTATIONS,
            "Is": numbers(local.Is),
            "q": [int(quadrant) for quadrant in local.q],
            "p_sim": numbers(local.p_sim),
        },
        "G_Local Zs": entry(
            "esda.G_Local(y, w, transform='B', star=False, permutations=0).Zs",
            esda.G_Local(y, binary, transform="B", star=False, permutations=0).Zs,
        ),
        "G_Local Zs, star": entry(
            "esda.G_Local(y, w, transform='B', star=True, permutations=0).Zs",
            esda.G_Local(y, binary, transform="B", star=True, permutations=0).Zs,
        ),
        "Moran_BV I with the next": entry(
            "esda.Moran_BV(y, other, w, permutations=0).I",
            esda.Moran_BV(y, other, w, permutations=0).I,
        ),
    }


def rates(events: np.ndarray, population: np.ndarray, w: Any) -> dict[str, dict[str, Any]]:
    """Return everything that is made of counts and population."""
    whole = esda.Moran_Rate(events, population, w, permutations=0)
    local = esda.Moran_Local_Rate(events, population, w, permutations=0)
    binary = graph([w.neighbors[area] for area in w.id_order])
    return {
        "assuncao_rate": entry(
            "esda.smoothing.assuncao_rate(e, b)", smoothing.assuncao_rate(events, population)
        ),
        "Moran_Rate I": entry("esda.Moran_Rate(e, b, w, permutations=0).I", whole.I),
        "Moran_Local_Rate Is": entry("esda.Moran_Local_Rate(e, b, w, permutations=0).Is", local.Is),
        "Empirical_Bayes": entry(
            "esda.smoothing.Empirical_Bayes(e, b).r",
            smoothing.Empirical_Bayes(events, population).r.ravel(),
        ),
        "Spatial_Empirical_Bayes": entry(
            "esda.smoothing.Spatial_Empirical_Bayes(e, b, w).r",
            smoothing.Spatial_Empirical_Bayes(events, population, binary).r.ravel(),
        ),
    }


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def write(name: str, golden: dict[str, Any]) -> None:
    """Write one line an entry, so that a change reads well."""
    parts = []
    for key, value in golden.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"    {json.dumps(k)}: {compact(v)}" for k, v in value.items())
            parts.append(f"  {json.dumps(key)}: {{\n{inner}\n  }}")
        else:
            parts.append(f"  {json.dumps(key)}: {compact(value)}")
    text = "{\n" + ",\n".join(parts) + "\n}\n"
    (VALUES / f"{name}.json").write_text(text, encoding="utf-8", newline="\n")


def source(data: str) -> dict[str, str]:
    names = ("esda", "libpysal", "numpy")
    return {
        "software": "; ".join(
            [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)]
        ),
        "script": "tests/reference/make_pysal_values.py",
        "data": data,
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
    }


def all_tested(variables: dict[str, np.ndarray], w: Any) -> dict[str, dict[str, Any]]:
    names = list(variables)
    found = {}
    for place, name in enumerate(names):
        other = variables[names[(place + 1) % len(names)]]
        for what, value in tested(variables[name], w, other).items():
            found[f"{name} {what}"] = value
    first, second = (variables[name] for name in names[:2])
    found[f"{names[0]} Moran_Local_BV Is with the next"] = entry(
        "esda.Moran_Local_BV(y, other, w, permutations=0).Is",
        esda.Moran_Local_BV(first, second, w, permutations=0).Is,
    )
    return found


def main() -> None:
    warnings.simplefilter("ignore")  # notes on numba and on p-values that are not taken
    for name, (layer, code, weights_file, columns, pairs) in DATA_SETS.items():
        frame = gpd.read_file(libpysal.examples.get_path(layer))
        frame["row"] = range(len(frame))
        frame = frame.sort_values(code)
        by_row = name != "sids"
        rows = [int(value) for value in frame["row" if by_row else code]]
        around = neighbours_of(weights_file, rows, by_row=by_row)
        w = graph(around)
        golden: dict[str, Any] = {
            "source": source(f"{layer} and {weights_file} of libpysal {version('libpysal')}"),
            "codes": [f"{int(value):05d}" for value in frame[code]],
            "links": {
                "counts": [len(near) for near in around],
                "neighbours": [other for near in around for other in near],
            },
        }
        golden |= all_tested({c: frame[c].to_numpy(float) for c in columns}, w)
        for events, population in pairs:
            e, b = frame[events].to_numpy(float), frame[population].to_numpy(float)
            for what, value in rates(e, b, w).items():
                golden[f"{events}/{population} {what}"] = value
        write(f"pysal_{name}", golden)

    # libpysal does not ship Guerry's data: values and neighbours are those R's script wrote.
    guerry = json.loads((VALUES / "spdep_moran_guerry.json").read_text(encoding="utf-8"))
    ends = np.cumsum([0, *guerry["queen"]["counts"]])
    around = [guerry["queen"]["neighbours"][low:high] for low, high in itertools.pairwise(ends)]
    w = graph(around)
    variables = {k: np.asarray(v, dtype=float) for k, v in guerry["inputs"].items()}
    golden = {"source": source("inputs of spdep_moran_guerry.json"), "codes": guerry["codes"]}
    write("pysal_guerry", golden | all_tested(variables, w))


if __name__ == "__main__":
    main()
