"""How a table is written: the encoding of its file and the names of its columns."""

from __future__ import annotations

import codecs
from typing import Annotated

from pydantic import AfterValidator, Field

from risk_model.config.base import Text, refuse
from risk_model.config.loader import short

__all__ = ["ColumnName", "Encoding"]


def _encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        raise refuse(
            f"{short(name)} is not an encoding; most files are utf-8, older ones cp1252"
        ) from None
    return name


ColumnName = Annotated[Text, Field(min_length=1, max_length=200)]
Encoding = Annotated[Text, AfterValidator(_encoding)]
