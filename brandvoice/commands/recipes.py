"""Commands on recipes: what there is, what each says, and those of other trainers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from brandvoice.commands.context import workspace_of
from brandvoice.output import Json, print_facts, print_json, print_rows, say

if TYPE_CHECKING:
    from training.recipe import Recipe

group = typer.Typer(help="Training recipes: list, show, import those of other trainers.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="RECIPE")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="recipes")


@group.command("list")
def list_recipes(context: typer.Context, as_json: Json = False) -> None:
    """Every recipe: those of the workspace, of plugins, and those that ship with brandvoice."""
    from brandvoice.plugins import load_plugins
    from training.recipe import load_recipe, recipe_names

    folder = workspace_of(context).recipes_folder
    found = {name: load_recipe(name, folder=folder) for name in recipe_names(folder)}
    found |= {recipe.name: recipe for recipe in load_plugins().list("recipes")}
    rows = [_row(name, recipe) for name, recipe in sorted(found.items())]
    print_rows(rows, as_json=as_json, empty="No recipes.")


@group.command()
def show(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """All settings of a recipe; "auto" is worked out by the plan of each run."""
    from brandvoice.plugins import load_plugins
    from brandvoice.steps import find_recipe

    recipe = find_recipe(workspace_of(context), name, offers=load_plugins())
    print_facts(recipe.model_dump(mode="json"), as_json=as_json)


@group.command("import")
def import_recipe(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True)],
    name: Annotated[str | None, typer.Option(help="What to call it (default: the name of the file).")] = None,
    force: Annotated[bool, typer.Option(help="Replace a recipe of this name.")] = False,
    as_json: Json = False,
) -> None:
    """Read a recipe of Axolotl, LLaMA-Factory or an OpenAI fine-tuning job; says what has no counterpart."""
    from conversations.errors import SettingsError
    from styles.style import STYLE_NAME
    from training.foreign_recipe import translate_recipe

    called = name or path.stem
    if not STYLE_NAME.fullmatch(called):
        raise SettingsError(f'"{called}" cannot be the name of a recipe. Give one: --name my-recipe')
    folder = workspace_of(context).recipes_folder
    target = folder / f"{called}.toml"
    if target.exists() and not force:
        raise SettingsError(f"{target} exists already. Choose another --name, or --force to replace it.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text (byte {error.start}).") from error
    translated = translate_recipe(text, name=called, where=str(path))
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(to_toml(translated.recipe, source=f"{path.name} ({translated.trainer})"), encoding="utf-8")
    facts = {"recipe": called, "file": target, "base": translated.base, "taken": translated.taken}
    if as_json:
        print_json({**facts, "left_out": translated.left_out})
        return
    say(f"{target} is written, from {path.name} ({translated.trainer}). Taken: {', '.join(translated.taken)}.")
    if translated.base:
        say(f'The base model is a matter of the workspace: [model] base = "{translated.base}"')
    rows = [{"left out": key, "because": reason} for key, reason in translated.left_out.items()]
    print_rows(rows, as_json=False, empty="Nothing is left out.")


@group.command()
def launch(
    context: typer.Context,
    style: Annotated[str, typer.Argument(metavar="STYLE")],
    recipe: Annotated[str | None, typer.Option(help="The recipe (default: the style's own).")] = None,
    output: Annotated[Path, typer.Option(help="Where to write the task.")] = Path("sky.yaml"),
    as_json: Json = False,
) -> None:
    """Write the training of a style as a SkyPilot task for a rented machine; nothing is started."""
    from brandvoice.plugins import load_plugins
    from brandvoice.rented import sky_task, sky_yaml
    from brandvoice.steps import find_recipe

    workspace = workspace_of(context)
    workspace.style(style)
    name = recipe or workspace.settings.style(style).recipe
    task = sky_task(find_recipe(workspace, name, offers=load_plugins()).cloud, style=style, recipe=name)
    output.write_text(sky_yaml(task), encoding="utf-8")
    if as_json:
        print_json(task)
        return
    say(f"{output} is written. In {workspace.root}: sky jobs launch {output} --secret HF_TOKEN")


def to_toml(recipe: Recipe, *, source: str) -> str:
    """A recipe as people write it: only what differs from the defaults."""
    given = recipe.model_dump(mode="json", exclude_defaults=True)
    plain = {key: value for key, value in given.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in given.items() if isinstance(value, dict)}
    parts = [f"# From {source}. What is not here is as in the default recipe.", *_lines(plain)]
    for key, table in tables.items():
        parts += ["", f"[{key}]", *_lines(table)]
    return "\n".join(parts) + "\n"


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]


def _row(name: str, recipe: Recipe) -> dict[str, Any]:
    return {
        "recipe": name,
        "method": recipe.method,
        "rank": recipe.lora.rank,
        "epochs": recipe.epochs,
        "learning rate": recipe.learning_rate,
        "max tokens": recipe.max_tokens,
    }
