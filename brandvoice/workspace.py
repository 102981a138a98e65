"""A workspace: the folder with `brandvoice.toml`, its styles, recipes and data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from conversations.errors import NotFound, SettingsError

if TYPE_CHECKING:
    from brandvoice.round_store import RoundStore
    from brandvoice.settings import Settings
    from conversations.sealing import Sealing
    from conversations.store import ConversationStore
    from styles.base_model import BaseModel
    from styles.style import Style
    from styles.voices import VoiceRegistry

SETTINGS_FILE = "brandvoice.toml"


@dataclass(frozen=True)
class Workspace:
    """Where everything of one installation is. Nothing is read before it is asked for."""

    root: Path

    @cached_property
    def settings(self) -> Settings:
        from brandvoice.settings import load_settings

        return load_settings(self.root / SETTINGS_FILE)

    @property
    def data(self) -> Path:
        return self.root / self.settings.workspace.data_dir

    @property
    def styles_folder(self) -> Path:
        return self.root / "styles"

    @property
    def recipes_folder(self) -> Path:
        return self.root / "recipes"

    @property
    def rounds_folder(self) -> Path:
        return self.data / "rounds"

    @cached_property
    def styles(self) -> dict[str, Style]:
        from styles.style import load_styles

        return load_styles(self.styles_folder)

    def style(self, name: str) -> Style:
        """One style; a fault in another style's file does not matter here."""
        from styles.style import STYLE_NAME, load_style

        path = self.styles_folder / f"{name}.toml"
        if not STYLE_NAME.fullmatch(name) or not path.is_file():
            known = ", ".join(sorted(p.stem for p in self.styles_folder.glob("*.toml")))
            here = known or "none yet (brandvoice styles new NAME)"
            raise NotFound(f'There is no style "{name}" in {self.styles_folder}. Styles here: {here}.')
        return load_style(path)

    @property
    def voices(self) -> VoiceRegistry:
        from styles.voices import VoiceRegistry

        return VoiceRegistry(self.data / "voices")

    @property
    def database_url(self) -> str:
        return self.settings.workspace.database_url or f"sqlite:///{self.data / 'conversations.db'}"

    def open_store(self) -> ConversationStore:
        from conversations.store import open_store

        self.data.mkdir(parents=True, exist_ok=True)
        return open_store(self.database_url, sealing=self.sealing)

    def open_rounds(self) -> RoundStore:
        """The rounds of this workspace; those of an earlier version, kept as folders, are taken in first."""
        from brandvoice.round_folders import adopt_folders
        from brandvoice.round_store import RoundStore
        from conversations.database import Database

        self.data.mkdir(parents=True, exist_ok=True)
        rounds = RoundStore(Database(self.database_url), self.rounds_folder)
        adopt_folders(rounds)
        return rounds

    def sealing(self) -> Sealing:
        """What encrypts: the store's key, where one is set."""
        from brandvoice.settings import secret
        from conversations.sealing import KEY_NAME, Sealing

        return Sealing(secret(KEY_NAME))

    def base_model(self) -> BaseModel:
        from brandvoice.settings import secret
        from styles.base_model import find_base_model

        name = self.settings.model.base
        local = self.root / name
        return find_base_model(str(local) if local.is_dir() else name, token=secret("HF_TOKEN"))


def find_workspace(start: Path | None, *, given: Path | None) -> Workspace:
    """The workspace that was named, or the nearest one from `start` upwards."""
    if given is not None:
        if not (given / SETTINGS_FILE).is_file():
            raise SettingsError(
                f"{given} is not a workspace: it has no {SETTINGS_FILE}. Make one: brandvoice init {given}"
            )
        return Workspace(given.resolve())
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / SETTINGS_FILE).is_file():
            return Workspace(folder)
    raise SettingsError(f"No {SETTINGS_FILE} in {here} or above. Make a workspace: brandvoice init")
