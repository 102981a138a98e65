"""A rented machine: a training as a SkyPilot task that anybody can read, change and launch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from brandvoice import __version__
from conversations.errors import SettingsError

if TYPE_CHECKING:
    from training.recipe import Cloud, Recipe

IN_A_TASK = "SKYPILOT_TASK_ID"  # SkyPilot sets it for whatever it runs
_KEEP = "/bucket/data"

_RUN = """\
set -e
brandvoice rounds resume || brandvoice train {style} --recipe {recipe}
"""
_RUN_KEPT = """\
set -e
if [ -d {keep} ]; then cp -a {keep}/. data/; fi
(while sleep 60; do cp -au data/. {keep}/; done) &
saving=$!
mkdir -p {keep}
brandvoice rounds resume || brandvoice train {style} --recipe {recipe}
kill $saving
cp -au data/. {keep}/
"""


def sky_task(cloud: Cloud, *, style: str, recipe: str) -> dict[str, Any]:
    """The task in SkyPilot's own words (its YAML reference); it is launched in the folder of the workspace.

    With a bucket a spot machine that is taken away goes on from its last checkpoint on the next one.
    """
    resources: dict[str, Any] = {
        "accelerators": cloud.gpus,
        "use_spot": cloud.spot,
        "disk_size": cloud.disk_gb,
        **({"infra": cloud.infra} if cloud.infra else {}),
    }
    run = (_RUN_KEPT if cloud.bucket else _RUN).format(style=style, recipe=recipe, keep=_KEEP)
    mounts = {"file_mounts": {"/bucket": {"source": cloud.bucket, "mode": "MOUNT"}}} if cloud.bucket else {}
    return {
        "name": f"brandvoice-{style}",
        "workdir": ".",
        "resources": resources,
        "secrets": {"HF_TOKEN": None},
        **mounts,
        "setup": f"pip install 'brandvoice=={__version__}'\n",
        "run": run,
    }


def expect_here(recipe: Recipe, *, style: str) -> None:
    """Refuse to train here what its recipe wants on a rented machine; there it goes on."""
    if recipe.launch == "skypilot" and IN_A_TASK not in os.environ:
        raise SettingsError(
            f'The recipe {recipe.name} trains on a rented machine (launch = "skypilot"). Write its task: '
            f"brandvoice recipes launch {style} --recipe {recipe.name}"
        )


def sky_yaml(task: Mapping[str, Any]) -> str:
    head = "# Launch it in the folder of the workspace: sky jobs launch FILE --secret HF_TOKEN\n"
    return head + str(yaml.dump(dict(task), Dumper=_Blocks, sort_keys=False, allow_unicode=True))


class _Blocks(yaml.SafeDumper):  # type: ignore[misc]  # yaml has no types
    """Scripts as people write them: line by line."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Blocks.add_representer(str, _text)
