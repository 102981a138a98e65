# ruff: noqa: E501 - one line for each shape
"""Private values and look-alikes for measuring privacy, made by Faker and by shapes that their issuers publish.

None of the lists that the rules go by is used here. Keys are put together at run time.
"""

from __future__ import annotations

import base64
import json
import random
import re
import string
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from faker import Faker

COUNTRIES = (
    "en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pt_BR",
    "en_AU", "ja_JP", "sv_SE", "pl_PL", "de_CH", "da_DK", "fi_FI",
)  # fmt: skip
ADDRESSES = ("en_US", "en_GB", "en_AU", "de_DE", "de_AT", "fr_FR", "es_ES", "it_IT", "nl_NL", "pt_BR", "sv_SE")
IDS = (
    "en_US", "en_GB", "fr_FR", "it_IT", "nl_NL", "pt_BR", "sv_SE", "pl_PL",
    "de_CH", "fi_FI", "no_NO", "en_CA", "zh_CN", "ko_KR", "nl_BE",
)  # fmt: skip
SAID_ID = {
    "en_US": "my social security number is {}", "en_GB": "national insurance number: {}",
    "fr_FR": "mon numéro de sécurité sociale : {}", "it_IT": "il mio codice fiscale è {}", "nl_NL": "mijn BSN is {}",
    "pt_BR": "meu CPF: {}", "sv_SE": "mitt personnummer är {}", "pl_PL": "mój PESEL {}", "de_CH": "AHV-Nummer {}",
    "fi_FI": "henkilötunnus {}", "no_NO": "fødselsnummer {}", "en_CA": "my SIN is {}", "zh_CN": "my id card number is {}",
    "ko_KR": "it says {} on the form", "nl_BE": "rijksregisternummer {}",
}  # fmt: skip
FRAMES = {
    "EMAIL": ("you can write to {} any time", "it was sent to {}, not to me", "login {} does not work", "{}"),
    "PHONE": ("call me on {} after five", "my number is {}", "Tel.: {}", "you can reach me at {}", "text {} please"),
    "PHONE, no word before it": ("{} is better in the evening", "{}", "Greetings, Sam\n{}", "try {} or come by"),
    "CARD": ("I paid with {} last week", "the card {} was charged twice", "{} expires in May", "card number {}"),
    "IBAN": ("please refund to {}", "IBAN {} as always", "my account: {}.", "{}"),
    "IP": ("I am connecting from {}", "blocked {} again", "host {} does not answer", "my ip is {}"),
    "ADDRESS": ("please ship it to {}", "we moved to {} in March", "the parcel went to {} instead", "{}"),
    "KEY": ("it only works with {} in the header", "here: {}", "I pasted {} by mistake", "{}"),
    "NAME": ("{} told me to ask you", "is {} in today?", "thanks, {}!", "I spoke to {} on Monday"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A text with one private value in it, or with none."""

    kind: str
    text: str
    value: str = ""


def planted(seed: int) -> tuple[list[Case], list[str]]:
    """At least a thousand cases, and the names that the roster of the export has."""
    draw = random.Random(seed)
    fakers = {name: _faker(name, seed) for name in {*COUNTRIES, *ADDRESSES, *IDS}}
    people = [fakers[name].unique.name() for name in COUNTRIES if name != "ja_JP" for _ in range(6)]
    values: dict[str, list[str]] = {
        "EMAIL": [fakers[name].email() for name in COUNTRIES for _ in range(8)] + _odd_emails(draw),
        "PHONE": [fakers[name].phone_number() for name in COUNTRIES for _ in range(16)],
        "PHONE, no word before it": [fakers[name].phone_number() for name in COUNTRIES for _ in range(8)],
        "CARD": [_spaced(fakers["en_US"].credit_card_number(card_type=kind), draw) for kind in _CARDS * 15],
        "IBAN": [_grouped(fakers[name].iban(), draw) for name in COUNTRIES for _ in range(8)],
        "IP": [fakers["en_US"].ipv4_public() for _ in range(50)]
        + [fakers["en_US"].ipv4_private() for _ in range(15)]
        + [fakers["en_US"].ipv6() for _ in range(35)],
        "ADDRESS": [fakers[name].street_address().replace("\n", ", ") for name in ADDRESSES for _ in range(8)],
        "KEY": [make(draw) for make in _KEYS for _ in range(12)],
        "NAME": people,
    }
    cases = [
        Case(kind, FRAMES[kind][place % len(FRAMES[kind])].replace("{}", value), _secret_of(value))
        for kind, made in values.items()
        for place, value in enumerate(made)
    ]
    for place, name in enumerate(people):
        value = name.split()[-1]
        cases.append(Case("NAME, one word of it", FRAMES["NAME"][place % 4].replace("{}", value), value))
    for name in IDS:
        for _ in range(8):
            value = fakers[name].ssn()
            cases.append(Case("ID", SAID_ID[name].replace("{}", value), value))
    return cases, people


def _secret_of(value: str) -> str:
    """Of `password: x`, what has to be hidden."""
    return re.sub(r"^(?:password: |aws_secret_access_key = )", "", value)


def look_alikes(seed: int, count: int) -> Iterator[str]:
    """Texts in which nothing is private, however much it looks so."""
    draw = random.Random(seed)
    for place in range(count):
        yield _LOOK_ALIKES[place % len(_LOOK_ALIKES)](draw)


def _faker(locale: str, seed: int) -> Faker:
    faker = Faker(locale)
    faker.seed_instance(seed)
    return faker


def _odd_emails(draw: random.Random) -> list[str]:
    names = ["kit", "j.ost", "mo-reyes", "ana_p", "x42", "tess+news", "o'hara", "q.li"]
    spoken = [f"{draw.choice(names[:4])} (at) {draw.choice(['northwind', 'fabrikam'])} (dot) com" for _ in range(8)]
    written = [f"{name}@{host}" for name in names for host in ("mail.fabrikam.co.uk", "shop.museum", "contoso.dev")]
    return [*spoken, *written, *(address.upper() for address in written[:6])]


_CARDS = ["visa16", "mastercard", "amex", "discover", "jcb16", "diners"]


def _spaced(number: str, draw: random.Random) -> str:
    sign = draw.choice(["", " ", " ", "-"])
    if not sign:
        return number
    steps = (4, 6, 5) if len(number) == 15 else (4, 6, 4) if len(number) == 14 else (4, 4, 4, 4)
    cuts = [sum(steps[:n]) for n in range(len(steps))]
    return sign.join(number[cut : cut + step] for cut, step in zip(cuts, steps, strict=True))


def _grouped(iban: str, draw: random.Random) -> str:
    return " ".join(iban[i : i + 4] for i in range(0, len(iban), 4)) if draw.random() < 0.5 else iban


def _some(draw: random.Random, letters: str, count: int) -> str:
    return "".join(draw.choice(letters) for _ in range(count))


_ALNUM = string.ascii_letters + string.digits
_URL = _ALNUM + "-_"


def _jwt(draw: random.Random) -> str:
    def part(content: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    claims = {"sub": _some(draw, string.digits, 10), "iat": draw.randint(10**9, 2 * 10**9)}
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{_some(draw, _URL, 43)}"


def _pem(draw: random.Random) -> str:
    kind = draw.choice(["RSA ", "EC ", "", "OPENSSH "])
    body = "\n".join(_some(draw, _ALNUM + "+/", 64) for _ in range(draw.randint(3, 12)))
    return f"-----BEGIN {kind}PRIVATE" + f" KEY-----\n{body}\n-----END {kind}PRIVATE" + " KEY-----"


_KEYS: tuple[Callable[[random.Random], str], ...] = (
    lambda draw: "AKI" + "A" + _some(draw, string.ascii_uppercase + "234567", 16),
    lambda draw: "ASI" + "A" + _some(draw, string.ascii_uppercase + "234567", 16),
    lambda draw: "gh" + "p_" + _some(draw, _ALNUM, 36),
    lambda draw: "github" + "_pat_" + _some(draw, _ALNUM, 22) + "_" + _some(draw, _ALNUM, 59),
    lambda draw: "xox" + f"b-{_some(draw, string.digits, 12)}-{_some(draw, string.digits, 13)}-{_some(draw, _ALNUM, 24)}",
    lambda draw: "xapp" + f"-1-A{_some(draw, string.digits, 10)}-{_some(draw, string.digits, 13)}-{_some(draw, 'abcdef0123456789', 64)}",
    lambda draw: "sk" + "-" + _some(draw, _ALNUM, 20) + "T3Blbk" + "FJ" + _some(draw, _ALNUM, 20),
    lambda draw: "sk" + "-proj-" + _some(draw, _URL, 60) + "9" + _some(draw, _URL, 30),
    lambda draw: "sk" + "-ant-api03-" + _some(draw, _URL, 93) + "AA",
    lambda draw: "AIz" + "a" + _some(draw, _URL, 35),
    lambda draw: "h" + "f_" + _some(draw, string.ascii_letters, 34),
    lambda draw: "sk" + "_live_" + _some(draw, _ALNUM, 24),
    lambda draw: "gl" + "pat-" + _some(draw, _URL, 20),
    lambda draw: "npm" + "_" + _some(draw, _ALNUM, 36),
    lambda draw: f"password: {_some(draw, string.ascii_letters, 5)}{_some(draw, string.digits, 3)}!{_some(draw, _ALNUM, 3)}",
    lambda draw: f"aws_secret_access_key = {_some(draw, _ALNUM + '/+', 40)}",
    _jwt,
    _jwt,
    _pem,
    _pem,
)  # fmt: skip


def _n(draw: random.Random, count: int) -> str:
    return str(draw.randint(1, 9)) + _some(draw, string.digits, count - 1)


_LOOK_ALIKES: tuple[Callable[[random.Random], str], ...] = (
    lambda d: f"where is my order {_n(d, 10)}?",
    lambda d: f"order no. {_n(d, 3)}-{_n(d, 7)}-{_n(d, 7)} has not come",
    lambda d: f"tracking number 1Z{_some(d, string.ascii_uppercase + string.digits, 16)} shows nothing",
    lambda d: f"Sendungsnummer {_n(d, 12)} ist noch nicht da",
    lambda d: f"invoice {_n(d, 4)}-{_n(d, 6)} of {d.randint(1, 28)}.{d.randint(1, 12)}.2025",
    lambda d: f"ticket #{_n(d, 8)} is still open",
    lambda d: f"it was on 20{d.randint(10, 29)}-{d.randint(1, 12):02d}-{d.randint(1, 28):02d} at {d.randint(10, 23)}:{d.randint(10, 59)}:{d.randint(10, 59)}",
    lambda d: f"between {d.randint(1, 28)}/{d.randint(1, 12)}/2024 and {d.randint(1, 28)}/{d.randint(1, 12)}/2025",
    lambda d: f"we updated to version {d.randint(1, 30)}.{d.randint(0, 20)}.{d.randint(0, 300)}.{d.randint(0, 99)}",
    lambda d: f"v{d.randint(1, 30)}.{d.randint(0, 20)}.{d.randint(0, 300)} broke it",
    lambda d: f"it costs {d.randint(1, 9)},{d.randint(100, 999)}.{d.randint(10, 99)} euros",
    lambda d: f"{d.randint(1, 9)} {d.randint(100, 999)} {d.randint(100, 999)} people saw it",
    lambda d: f"ISBN 978-{d.randint(0, 9)}-{_n(d, 3)}-{_n(d, 5)}-{d.randint(0, 9)} is the one",
    lambda d: f"the EAN is {_n(d, 13)}",
    lambda d: f"see commit {_some(d, '0123456789abcdef', 40)}",
    lambda d: f"request id {uuid.UUID(int=d.getrandbits(128))} failed",
    lambda d: f"the colour is #{_some(d, '0123456789abcdef', 6)}",
    lambda d: f"message {_n(d, 10)}.{_n(d, 6)} in the thread",
    lambda d: f"message id {_n(d, 18)} was deleted",
    lambda d: f"the gate is at {d.randint(10, 89)}.{_n(d, 5)}, {d.randint(10, 170)}.{_n(d, 5)}",
    lambda d: f"serial number {_some(d, string.ascii_uppercase, 2)}{_n(d, 8)}{_some(d, string.ascii_uppercase, 1)}",
    lambda d: f"article {_n(d, 3)}-{_n(d, 3)}-{_n(d, 4)} in blue",
    lambda d: f"flight LH {_n(d, 4)} leaves at {d.randint(10, 23)}:{d.randint(10, 59)}",
    lambda d: f"the score was {d.randint(0, 9)}-{d.randint(0, 9)}, {d.randint(0, 9)}-{d.randint(0, 9)}",
    lambda d: f"between {d.randint(1990, 2005)}-{d.randint(2006, 2026)} we had {_n(d, 5)} customers",
    lambda d: f"size {d.randint(30, 48)} or {d.randint(30, 48)}, 100 x {_n(d, 3)} x {_n(d, 3)} mm",
    lambda d: f"meet @ noon, table {d.randint(1, 40)}, @everyone",
    lambda d: f"ask @team{d.randint(1, 9)} or #help-{d.randint(1, 9)}",
    lambda d: f"look at https://shop.test/p/{_n(d, 9)}?ref={_n(d, 6)}",
    lambda d: f"pi is 3.{_n(d, 15)}",
    lambda d: f"the password is wrong, I tried {d.randint(2, 9)} times",
    lambda d: "my token has expired, how do I get another one?",
    lambda d: f"install scikit-learn {d.randint(0, 1)}.{d.randint(1, 9)}, task-{_n(d, 8)} needs it",
    lambda d: f"postcode {_some(d, string.ascii_uppercase, 2)}{d.randint(1, 20)} {d.randint(1, 9)}{_some(d, 'ABDEFGH', 2)}",
    lambda d: f"I will be there at {d.randint(1, 12)} on the dot com the weekend",
    lambda d: f"{d.randint(2, 60)} people on the road, {d.randint(2, 9)} of them walk to the square",
    lambda d: f"The {d.randint(2, 9)} Great Lakes Drive me crazy" if d.random() < 0.2 else f"open {d.randint(6, 9)} to {d.randint(17, 22)} every day",
    lambda d: f"mac {':'.join(_some(d, '0123456789abcdef', 2) for _ in range(6))} is the printer",
    lambda d: f"booking reference {_some(d, string.ascii_uppercase + string.digits, 6)}, seat {d.randint(1, 40)}C",
    lambda d: f"in May {d.randint(2, 9)} cars may mark it green, will you?",
    lambda d: f"I bought {d.randint(2, 9)} of the {_n(d, 4)}-{_n(d, 4)} for {_n(d, 2)},{_n(d, 2)} €",
    lambda d: f"batch {_n(d, 6)}/{_n(d, 4)} was recalled",
    lambda d: f"account number ending in {_n(d, 4)}, reference {_n(d, 12)}",
    lambda d: f"part 00{_n(d, 2)} {_n(d, 3)} {_n(d, 4)} does not fit",
    lambda d: f"the {_n(d, 3)} W model draws {_n(d, 2)}.{_n(d, 2)} A at {_n(d, 3)} V",
)  # fmt: skip
