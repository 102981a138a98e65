"""A strict Slack on loopback for tests: Web API, Socket Mode, signed HTTP and OAuth, driven by the real SDKs."""

from tests.emulators.slack.emulator import SlackEmulator
from tests.emulators.slack.records import Call, Envelope, Json
from tests.emulators.slack.refusals import Impossible, Refusal

__all__ = ["Call", "Envelope", "Impossible", "Json", "Refusal", "SlackEmulator"]
