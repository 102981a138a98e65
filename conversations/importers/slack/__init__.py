"""Slack exports: a zip or an unpacked folder, in the old layout without threads and in the new one."""

from conversations.importers.slack.importer import SlackImporter

__all__ = ["SlackImporter"]
