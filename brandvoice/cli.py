"""The command line: `brandvoice`. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

# Spinning OpenMP threads starve whatever else runs; this must be set before torch is imported anywhere.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

import typer

from brandvoice.commands import (
    conversations,
    datasets,
    discord,
    evaluation,
    keys,
    platforms,
    plugins,
    privacy,
    quarantine,
    recipes,
    reviewing,
    rounds,
    setup,
    slack,
    sources,
    styles,
    submitting,
    sweeps,
    trials,
    voices,
)
from brandvoice.output import complain, hush_libraries
from conversations.errors import BrandvoiceError

INTERRUPTED = 130  # with this typer ends a command on Ctrl-C, and says nothing

app = typer.Typer(
    name="brandvoice",
    help="Assistants that speak with a brand's voice, and keep learning it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from brandvoice import __version__

        typer.echo(f"brandvoice {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    workspace: Annotated[
        Path | None,
        typer.Option(help="The workspace folder (default: the one with brandvoice.toml, upwards from here)."),
    ] = None,
    debug: Annotated[bool, typer.Option(help="Show tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    context.obj = workspace


for module in (
    setup,
    conversations,
    sources,
    privacy,
    styles,
    datasets,
    reviewing,
    submitting,
    quarantine,
    evaluation,
    rounds,
    recipes,
    sweeps,
    voices,
    trials,
    platforms,
    slack,
    discord,
    keys,
    plugins,
):
    module.add_to(app)


def main() -> None:
    """Run; a refusal is a sentence on stderr and exit status 1, wrong usage is 2."""
    debug = "--debug" in sys.argv
    if not debug:
        hush_libraries()
    try:
        _add_plugin_commands()
        app()
    except BrandvoiceError as error:
        if debug:
            raise
        complain(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        _stop()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _stop()
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (OSError, MemoryError) as error:
        if debug:
            raise
        complain(f"The system refused: {error}.")
        sys.exit(1)


def _stop() -> NoReturn:
    complain("\nStopped. What was stored by then stays.")
    sys.exit(1)


def _add_plugin_commands() -> None:
    """Plugins are looked at only when the first word is not a command of our own."""
    own = {c.name or "" for c in app.registered_commands} | {g.name or "" for g in app.registered_groups}
    words = [w for w in sys.argv[1:] if not w.startswith("-")]
    if not words or words[0] in own:
        return
    from brandvoice.plugins import load_plugins

    for name, group in load_plugins().table("commands").items():
        app.add_typer(group, name=name)
