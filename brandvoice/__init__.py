"""Assistants that speak with a brand's voice, and keep learning it. Plugins import only from here."""

from brandvoice.hookspecs import API_VERSION, hookimpl
from conversations.errors import BrandvoiceError
from conversations.messages import Conversation, Feedback, Message, Submission

__version__ = "0.1.0"

__all__ = [
    "API_VERSION",
    "BrandvoiceError",
    "Conversation",
    "Feedback",
    "Message",
    "Submission",
    "hookimpl",
]
