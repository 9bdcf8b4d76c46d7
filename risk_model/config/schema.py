"""The JSON schemas that editors use, made from the models. `python -m risk_model.config.schema`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from risk_model.config.base import Model
from risk_model.config.inputs import InputsConfig
from risk_model.config.reference import reference_text
from risk_model.config.risk import RiskConfig

__all__ = ["generated_files", "main", "schema_text"]

_TITLES = {"risk": "config/risk.yaml", "inputs": "config/inputs.yaml"}


def schema_text(model: type[Model], title: str) -> str:
    """Return the JSON schema of a model as the text of its file."""
    schema: dict[str, Any] = model.model_json_schema(by_alias=True, mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = title
    schema = {key: schema[key] for key in ("$schema", *(k for k in schema if k != "$schema"))}
    return json.dumps(_plain(schema), indent=2, ensure_ascii=False) + "\n"


def generated_files(repository: Path) -> dict[Path, str]:
    """Return the files that are made from the models, and the text each should hold."""
    return {
        repository / "config" / "risk.schema.json": schema_text(RiskConfig, _TITLES["risk"]),
        repository / "config" / "inputs.schema.json": schema_text(InputsConfig, _TITLES["inputs"]),
        repository / "docs" / "config-reference.md": reference_text(),
    }


def main() -> int:
    """Write the generated files into the repository that this package was started from."""
    repository = Path.cwd()
    if not (repository / "pyproject.toml").is_file():
        sys.stderr.write("start this in the repository's folder (the one with pyproject.toml)\n")
        return 2
    for path, text in generated_files(repository).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{path.relative_to(repository)}\n")
    return 0


def _plain(schema: Any) -> Any:
    """Drop the titles that pydantic makes of key names: they repeat the key."""
    if isinstance(schema, dict):
        return {
            key: _plain(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str) and not value.startswith("config/"))
        }
    if isinstance(schema, list):
        return [_plain(value) for value in schema]
    return schema


if __name__ == "__main__":
    sys.exit(main())
