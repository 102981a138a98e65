"""A new workspace: what `brandvoice init` writes."""

from __future__ import annotations

from pathlib import Path

from brandvoice.workspace import SETTINGS_FILE
from conversations.errors import SettingsError

SETTINGS = """\
# Settings of this workspace. Secrets never stand here: they come from the environment
# (SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET, DISCORD_TOKEN, BRANDVOICE_API_KEYS, HF_TOKEN).

[workspace]
data_dir = "data"
database_url = ""        # empty: SQLite in data_dir; postgresql+psycopg://… for PostgreSQL

[model]
base = "starter"         # a tiny model for trying things; for real use e.g. "Qwen/Qwen3-4B-Instruct-2507"
device = "auto"

# [[assign]]             # which style speaks where
# where = "slack:*"
# style = "harbor"

# [http]                 # the API for OpenAI's clients, and the chat widget
# host = "127.0.0.1"     # other machines get in only with keys: brandvoice keys add NAME
# port = 8080

# [styles.harbor]        # how a style is retrained
# recipe = "default"
# schedule = "0 3 * * 1"
# min_new_examples = 25
# promote = "ask"        # ask | auto | never
"""

ASKED = "Say in a sentence or two what the brand is and how it should come across."

STYLE = """\
name = "{name}"
title = "{title}"
about = "{title} is … {asked}"
language = "en"
do = ["Answer the question first.", "Write the way a friendly colleague talks."]
dont = ["Make promises nobody can keep."]
preferred = []
banned = []
greeting = ""
sign_off = ""
decline = ["medical, legal and financial advice"]
example_prompts = ["Where is my order?", "Can I return this?"]

[emoji]
allowed = []
at_most = 0

[length]
words_at_least = 5
words_at_most = 80
"""


def create_workspace(folder: Path) -> list[Path]:
    """Write a new workspace; one that is there already is never overwritten."""
    settings = folder / SETTINGS_FILE
    if settings.exists():
        raise SettingsError(f"{settings} exists already; nothing was changed.")
    created = [folder / "styles", folder / "data"]
    for path in created:
        path.mkdir(parents=True, exist_ok=True)
    settings.write_text(SETTINGS, encoding="utf-8")
    return [settings, *created]


def create_style(folder: Path, name: str) -> Path:
    """Write a style to be filled in."""
    path = folder / f"{name}.toml"
    if path.exists():
        raise SettingsError(f"{path} exists already; nothing was changed.")
    folder.mkdir(parents=True, exist_ok=True)
    title = name.replace("-", " ").title()
    path.write_text(STYLE.format(name=name, title=title, asked=ASKED), encoding="utf-8")
    return path
