"""What a platform plugin is built from."""

from bots.assistant import Assistant, Incoming, Reply, Waiting
from bots.contributions import Contributions
from bots.platform import Platform
from conversations.errors import BrandvoiceError
from conversations.messages import Feedback

__all__ = ["Assistant", "BrandvoiceError", "Contributions", "Feedback", "Incoming", "Platform", "Reply", "Waiting"]
