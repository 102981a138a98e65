"""Slack: the assistant in channels, threads and direct messages."""

from bots.slack.credentials import Credentials, credentials_from
from bots.slack.platform import Options, Slack

__all__ = ["Credentials", "Options", "Slack", "credentials_from"]
