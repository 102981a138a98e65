"""HTTP as a platform: the API that OpenAI's clients speak, and the chat widget."""

from bots.http.options import Options
from bots.http.platform import Http

__all__ = ["Http", "Options"]
