"""The table of recipe keys names every key of a recipe, and its default."""

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from training.recipe import Recipe

README = Path(__file__).parents[2] / "training" / "README.md"
_ROW = re.compile(r"^\| `([a-z_.0-9]+)` \| (?:`([^`]*)`)? ?\|", re.MULTILINE)


def keys(value: BaseModel, prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in type(value).model_fields:
        inner = getattr(value, name)
        found |= keys(inner, f"{prefix}{name}.") if isinstance(inner, BaseModel) else {f"{prefix}{name}": inner}
    return found


def test_the_table_has_every_key_of_a_recipe_and_no_other() -> None:
    assert set(dict(_ROW.findall(README.read_text(encoding="utf-8")))) == set(keys(Recipe(name="r")))


def test_the_table_has_the_defaults() -> None:
    for name, default in _ROW.findall(README.read_text(encoding="utf-8")):
        real = keys(Recipe(name="r"))[name]
        if name == "name" or real in (None, "", ()):
            assert default in ("", "[]"), name
        elif isinstance(real, str):
            assert default == real, name
        else:
            assert tomllib.loads(f"x = {default}")["x"] == real, name
