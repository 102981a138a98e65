"""The environment that points a bot in another process at an emulated Slack."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tests.emulators.slack.settings import App

# slack_sdk obeys these, and ignores NO_PROXY even for 127.0.0.1.
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")

# Runs every `_emul_*.py` beside it, so that several emulators can share one folder.
_SITE: Final = """\
import glob, os, runpy
for f in glob.glob(os.path.join(os.path.dirname(__file__), '_emul_*.py')):
    runpy.run_path(f)
"""

_PATCH: Final = """\
import os
url = os.environ.get('SLACK_API_URL')
try:
    from slack_sdk.web.base_client import BaseClient
    from slack_sdk.web.async_base_client import AsyncBaseClient
except ImportError:
    url = None
for c in (BaseClient, AsyncBaseClient) if url else ():
    f = c.__init__
    f.__defaults__ = tuple(url if d == 'https://slack.com/api/' else d for d in f.__defaults__)
"""


def environment(app: App, api_url: str, *, folder: Path | None) -> dict[str, str]:
    """What Slack's own samples read; with `folder`, slack_sdk goes there whatever settings the program has."""
    variables = dict.fromkeys(_PROXIES, "") | {
        "SLACK_BOT_TOKEN": app.bot_token,
        "SLACK_APP_TOKEN": app.app_token,
        "SLACK_SIGNING_SECRET": app.signing_secret,
        "SLACK_API_URL": api_url,
    }
    if folder is not None:
        _save_patch(folder)
        path = [str(folder), os.environ.get("PYTHONPATH", "")]
        variables["PYTHONPATH"] = os.pathsep.join(entry for entry in path if entry)
    return variables


def _save_patch(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(_SITE)
    (folder / "_emul_slack.py").write_text(_PATCH)
