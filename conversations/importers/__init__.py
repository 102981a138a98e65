"""Importers: conversations out of the files that people have."""

from conversations.covered import Covered
from conversations.importers.alpaca import ALPACA
from conversations.importers.dates import DATE_ORDERS, DateOrder
from conversations.importers.discord import DiscordImporter
from conversations.importers.finding import AUTO, find_importer, read_path
from conversations.importers.importer import Importer, Limits, Outcome, Refused, Request, Skipped
from conversations.importers.openai import OPENAI
from conversations.importers.prompt_completion import PROMPT_COMPLETION
from conversations.importers.sharegpt import SHAREGPT
from conversations.importers.slack import SlackImporter
from conversations.importers.spreadsheets import TableImporter
from conversations.importers.telegram import TelegramImporter
from conversations.importers.whatsapp import WhatsAppImporter
from conversations.person import Person

BUILTIN_IMPORTERS: tuple[Importer, ...] = (
    SlackImporter(),
    DiscordImporter(),
    TelegramImporter(),
    WhatsAppImporter(),
    OPENAI,
    SHAREGPT,
    ALPACA,
    PROMPT_COMPLETION,
    TableImporter(),
)

__all__ = [
    "AUTO",
    "BUILTIN_IMPORTERS",
    "DATE_ORDERS",
    "Covered",
    "DateOrder",
    "Importer",
    "Limits",
    "Outcome",
    "Person",
    "Refused",
    "Request",
    "Skipped",
    "find_importer",
    "read_path",
]
