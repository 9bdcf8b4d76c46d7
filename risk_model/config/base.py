"""What all configuration models share: closed, frozen, strict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from risk_model.config.loader import WrittenFloat, WrittenInt, short
from risk_model.config.nearest import did_you_mean
from spatial.categories import CATEGORIES

__all__ = ["AsWritten", "Category", "Model", "OneOf", "Text", "refuse"]


class Model(BaseModel):
    """A group of settings that refuses unknown keys, NaN, and values of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def refuse(message: str) -> PydanticCustomError:
    """Return the error a validator raises to have `message` shown as it stands."""
    # The message goes in as a value: braces in it would be read as a template.
    return PydanticCustomError("ours", "{message}", {"message": message})


@dataclass(frozen=True, slots=True)
class OneOf:
    """Marks text that has to be one of `known`; the nearest is offered where it is not."""

    known: tuple[str, ...]
    what: str

    def check(self, name: str) -> str:
        """Return a known name as it is; refuse any other."""
        if name not in self.known:
            raise refuse(f"{short(name)} is not {self.what}{did_you_mean(name, self.known)}")
        return name

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check after the text itself was checked."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """List the names, so that an editor can offer them."""
        return {**handler(schema), "enum": list(self.known)}


def _as_written(value: Any) -> Any:
    return value.written if isinstance(value, WrittenInt | WrittenFloat) else value


AsWritten = BeforeValidator(_as_written)
"""Takes a number written without quotes (`edition: 2025`) as the text it was written."""

Text = Annotated[str, AsWritten, Field(max_length=2000)]
"""Text; a number written without quotes (`version: 2026`) is taken as it was written."""

Category = Annotated[str, OneOf(CATEGORIES, "a crime category")]
"""One of the 14 categories of data.police.uk, in snake_case."""
