"""Lures: words of a reply that talk people out of money, secrets or their computer."""

from __future__ import annotations

import re

from styles.disguises import folded
from styles.frames import Frames
from styles.wordclasses import words_of

_LURING = Frames("luring")
_ENOUGH = 1 - 1e-9
_ENDS = (
    r"(?:com|net|org|io|co|uk|de|fr|es|it|nl|eu|us|ca|au|ru|cn|in|br|pl|ch|at|se|example|test|shop|info|biz|help|"
    r"support|online|site|top|xyz|click|link|live|me|app|dev|page|store|tk|icu|cc|ly|gl|gd|pw|buzz|club|vip|win|bid|"
    r"pro|work|today|center|agency|email|ml|ga|cf|gq|zip|cam|cloud|tech|space|website|fun|finance|bank|money|cash|pay|"
    r"care|team|world|global|invalid)"
)
_LINK = re.compile(
    r"\b(?:h(?:tt|xx)ps?://|www\.)([\w.\[\]-]+)[^\s<>\"']{0,300}|"
    r"(?<![@\w.-])((?:[\w-]{1,63}\.){1,5}"
    + _ENDS
    + r")(?![\w@-])(/[^\s<>\"']{0,300})?|\b(\d{1,3}(?:\.\d{1,3}){3})\b(/\S{0,100})?"
)
_SPELLED_LINK = re.compile(
    r"\b[\w-]{2,40} ?(?:\[dot\]|\(dot\)| dot ) ?(?:com|net|org|io|co|example|test|shop|info|help|support)\b"
)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}|<email_\d+>")
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d[\d\s()/.-]{6,18}\d(?!\w)|<phone_\d+>")
_IBAN = re.compile(r"\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){3,7}(?: ?[a-z0-9]{1,4})?\b|<iban_\d+>")
_COIN = re.compile(r"\b(?:bc1[a-z0-9]{20,60}|0x[a-f0-9]{40}|[13][a-km-z0-9]{25,34}|t[a-z0-9]{33})\b")
_STRANGE = re.compile(
    r"login|log-in|secure|verify|account|update|confirm|support|refund|claim|bonus|wallet|unlock|-id\b|-pay|fee|check|track|"
    r"^(?:bit\.ly|tinyurl|t\.co|is\.gd|cutt\.ly|rb\.gy|goo\.gl|ow\.ly)|^\d+\.|xn--|\.(?:ru|tk|xyz|top|click|zip|cf|ml|gq|ga|icu|cam)$"
)
_NO_SITES = re.compile(r"\.(?:pdf|docx?|xlsx?|png|jpe?g|gif|txt|csv|json|zip|py|md|html?|exe|apk|mp[34])$")


def find_lure(text: str) -> str:
    """The words of a reply that lure people; nothing where none do."""
    plain = folded(text)
    if not _LURING.are_hinted(words_of(plain)):
        return ""
    told = _LURING.read(_marked(plain), "brand")
    return told.words if told.weight >= _ENOUGH else ""


def _marked(plain: str) -> str:
    """A text with words that stand for the sites, numbers and wallets in it."""
    if "." not in plain and "<" not in plain and "dot" not in plain and not any(map(str.isdigit, plain)):
        return plain
    marked = _SPELLED_LINK.sub(" xxodd ", _MAIL.sub(" xxmail ", _COIN.sub(" xxwallet ", _IBAN.sub(" xxiban ", plain))))
    return _PHONE.sub(" xxphone ", _LINK.sub(_site, marked))


def _site(found: re.Match[str]) -> str:
    host = (found[1] or found[2] or found[4]).strip(".")
    if _NO_SITES.search(host):
        return found[0]
    return " xxodd " if _STRANGE.search(host) or "hxxp" in found[0] else " xxhost "
