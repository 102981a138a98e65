"""Keys, tokens and passwords that were pasted into a conversation."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from conversations.sieve import Sieve, any_of


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a key or password stands in a text, and whose it looks like. It never holds the value itself."""

    start: int
    end: int
    name: str


# Prefixes that their issuers publish. Every repetition is bounded, so that no text can make the search slow.
_PREFIXED = {
    "Anthropic key": r"sk-ant-[\w-]{16,200}",
    "OpenAI key": r"sk-(?=[\w-]{0,120}\d)[A-Za-z0-9_-]{20,200}",
    "GitHub token": r"gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255}",
    "GitLab token": r"gl(?:pat|dt|ft|rt|soat)-[\w-]{20,60}",
    "Slack token": r"xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-\d-[A-Za-z0-9-]{20,250}",
    "Slack webhook": r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_]{20,200}",
    "Discord webhook": r"discord(?:app)?\.com/api/webhooks/\d{15,25}/[\w-]{30,100}",
    "AWS access key": r"(?:AKIA|ASIA|AGPA|AIDA|AROA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    "Google key": r"AIza[\w-]{35}|GOCSPX-[\w-]{28}|ya29\.[\w-]{20,300}",
    "Hugging Face token": r"hf_[A-Za-z0-9]{30,60}",
    "Stripe key": r"[rsp]k_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9]{24,64}",
    "npm token": r"npm_[A-Za-z0-9]{36}",
    "Shopify token": r"shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}",
    "DigitalOcean token": r"do[opr]_v1_[a-f0-9]{64}",
    "Databricks token": r"dapi[a-f0-9]{32}",
    "Groq key": r"gsk_[A-Za-z0-9]{40,80}",
    "xAI key": r"xai-[A-Za-z0-9]{40,100}",
    "Replicate token": r"r8_[A-Za-z0-9]{30,60}",
    "Linear key": r"lin_api_[A-Za-z0-9]{32,64}",
    "Notion token": r"(?:secret|ntn)_[A-Za-z0-9]{40,60}",
    "JSON web token": r"eyJ[\w-]{8,2000}\.eyJ[\w-]{4,4000}\.[\w-]{10,1000}",
}
_PREFIX = re.compile("|".join(f"(?P<r{i}>(?<![A-Za-z0-9_-])(?:{p}))" for i, p in enumerate(_PREFIXED.values())))
_NAMES = tuple(_PREFIXED)
_BEARER = re.compile(r"(?i)\bbearer\s{1,3}(?=[\w.~+/-]{0,100}\d)([\w.~+/-]{20,2000}={0,2})")
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    r"[A-Za-z0-9+/=\s:,.()-]{0,20000}?"
    r"(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|(?![A-Za-z0-9+/=\s:,.()-])|\Z)"
)

_WORDS_BEFORE = (
    "pass(?:word|wd|code|phrase|wort)|pwd|kennwort|mot de passe|contraseña|senha|wachtwoord|"
    "(?:api|access|auth|secret|private|license)[ _-]?(?:key|token)|(?:aws[ _-]?)?secret[ _-]?access[ _-]?key"
)
_STATED = re.compile(
    rf"(?i)(?<![a-z])(?:(?:{_WORDS_BEFORE})[\"'`*]{{0,2}}\s{{0,3}}(?:[:=]+>?|->|\bis\b:?|\bist\b:?|\bes\b:?|\best\b:?)"
    r"|(?:client[ _-]?secret|secret|token)[\"'`*]{0,2}\s{0,3}(?:[:=]+>?|->))"
    r"\s{0,3}[\"'`*]{0,2}(?P<value>[^\s\"'`,;<>]{6,200})"
)
_STATED_HINTS = ("pass", "pwd", "kennwort", "contrase", "senha", "wachtwoord", "key", "token", "secret")
_NUMBERING = re.compile(r"[\d.:/-]*[.:/-][\d.:/-]*")  # a date, a time or a version, not a password

# The three that are left out (npm, JWT, OpenAI) backtrack without bound; the list above has them bounded.
_LIBRARY = {
    "artifactory": "ArtifactoryDetector",
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "basic_auth": "BasicAuthDetector",
    "cloudant": "CloudantDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "ibm_cloud_iam": "IbmCloudIamDetector",
    "ibm_cos_hmac": "IbmCosHmacDetector",
    "mailchimp": "MailchimpDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "softlayer": "SoftlayerDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
    "telegram_token": "TelegramBotTokenDetector",
    "twilio": "TwilioKeyDetector",
}
_LONG_WORD = re.compile(r"\S{16}")  # no issuer hands out a shorter key; passwords are found by the word before them

SIGNS = Sieve(((r"\S{16}",), (any_of("|".join(_STATED_HINTS)),)), disguised=True)


def find_secrets(text: str) -> tuple[Secret, ...]:
    """Find keys by what their issuers publish about them, and passwords by the word before them.

    No rule measures randomness: on chat that flags everything. Nothing is verified with the issuer either.
    """
    stated = holds_any(text.lower(), _STATED_HINTS)  # "key" is in the first line of a private key
    return tuple(_found(text, stated=stated)) if stated or _LONG_WORD.search(text) else ()


def holds_any(text: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words is in the text."""
    for word in words:  # noqa: SIM110 - a generator for any() takes three times as long, and this is asked of every text
        if word in text:
            return True
    return False


def _found(text: str, *, stated: bool) -> Iterator[Secret]:
    if "-----BEGIN" in text:
        yield from (Secret(*m.span(), "private key") for m in _PEM.finditer(text))
    if _LONG_WORD.search(text):
        yield from _issued(text)
    if stated:
        yield from (
            Secret(m.start("value"), m.start("value") + len(_value(m)), "password")
            for m in _STATED.finditer(text)
            if _is_a_password(_value(m))
        )


def _issued(text: str) -> Iterator[Secret]:
    for match in _PREFIX.finditer(text):
        yield Secret(*match.span(), _NAMES[int(str(match.lastgroup)[1:])])
    for match in _BEARER.finditer(text):
        yield Secret(*match.span(1), "bearer token")
    for name, pattern in _library_patterns():
        for match in pattern.finditer(text):
            value = match.group().strip(" \t\n=:\"'")
            start = text.index(value, match.start())
            yield Secret(start, start + len(value), name)


@cache
def _library_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    # Only the patterns: `scan_line` keeps global settings and may ask the issuer over the network.
    detectors = [
        getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), name)()
        for module, name in _LIBRARY.items()
    ]
    return tuple((detector.secret_type, pattern) for detector in detectors for pattern in detector.denylist)


def _value(match: re.Match[str]) -> str:
    return match["value"].rstrip(".,!?:)*_")


def _is_a_password(value: str) -> bool:
    if len(value) < 6 or "://" in value or _NUMBERING.fullmatch(value):
        return False
    mixed = any(c.isupper() for c in value[1:]) and any(c.islower() for c in value)
    return mixed or any(c.isdigit() or c in "@#$%^&*!~" for c in value)
