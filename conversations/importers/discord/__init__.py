"""Discord: what DiscordChatExporter writes, and the package of their own data that Discord sends to people."""

from conversations.importers.discord.importer import DiscordImporter

__all__ = ["DiscordImporter"]
