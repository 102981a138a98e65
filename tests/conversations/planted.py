"""Private values planted in chat.

Keys are put together at run time, so that no scanner takes this file for a leak.
"""

from __future__ import annotations

import base64
import json
import random
import string
from dataclasses import dataclass

from stdnum import luhn
from stdnum.iso7064 import mod_97_10

NAMES = (
    "Olivia Nakamura",
    "Liam O'Brien",
    "Priya Patel",
    "Jürgen Schmidt",
    "María García",
    "Siobhán Kelly",
    "Kwame Okafor",
    "Anne-Marie Dubois",
    "Will Li",
    "Mark Green",
    "Grace Hope",
    "Tom Ng",
    "zoe_92",
    "d.haddad",
    "ingrid.johansson@acme.test",
    "Van der Berg, Pieter",
    "田中太郎",
    "김민수",
    "Александр Петров",
    "Customer_1",
    "Harbor Support",
)
BRAND = ("Harbor",)


@dataclass(frozen=True, slots=True)
class Planted:
    kind: str
    value: str
    text: str


_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"


def planted() -> list[Planted]:
    draw = random.Random(11)
    groups = {
        "EMAIL": (_emails(), ("write to {} please", "it's {}, thanks", "{}", "account ({}) is locked", "Mail: {}.")),
        "PHONE": (
            _phones(),
            ("call me on {} after 5", "my number is {} thanks", "tel {}", "WhatsApp {}", "{} is my mobile"),
        ),
        "CARD": (_cards(draw), ("my card is {} exp 04/29", "charged {} twice", "use {}", "visa/mc {} please")),
        "IBAN": (_ibans(draw), ("refund to {} thanks", "IBAN: {}", "{} is my account")),
        "IP": (_ips(draw), ("we see logins from {} all night", "server {} is down", "ping {}, no answer")),
        "ID": (_ids(), ("my SSN is {}", "it says {} on the form")),
        "KEY": (_keys(draw), ("here it is {} ok", "i sent {} yesterday", "{}")),
        "ADDRESS": (_streets(), ("send it to {} please", "i live at {}, second floor", "{}")),
        "NAME": (_people(), ("please ask {} about it", "{} said it was fine", "thanks, {}!")),
    }
    return [
        Planted(kind, value, _framed(value, frames[place % len(frames)]).replace("{}", value))
        for kind, (values, frames) in groups.items()
        for place, value in enumerate(values)
    ]


def _framed(value: str, frame: str) -> str:
    # Digits without a gap are only told from an order number by the word before them.
    return "text me: {}" if value.isdigit() and frame == "{} is my mobile" else frame


def _emails() -> list[str]:
    return [
        "anna@example.com",
        "anna.schmidt@example.co.uk",
        "a.b-c+tag@sub.mail.example.org",
        "ANNA.SCHMIDT@EXAMPLE.COM",
        "x@y.io",
        "o'brien@example.ie",
        "jürgen@müller.de",
        "info@xn--bcher-kva.example",
        "user_name@firma.museum",
        "first.last@company.travel",
        "1234567@qq.com",
        "bob99@mail.ru",
        "maria@universidad.edu.ar",
        "root@server.internal",
        "me@my-domain.dev",
        "jane@gmx.net",
        "very.common@example.technology",
        "support+ticket-442@shop.example",
        "q@a.museum",
        "kontakt@straße.example",
        "anna at gmail dot com",
        "anna.schmidt at googlemail dot com",
        "jane_doe (at) example (dot) org",
        "jane[at]example[dot]net",
        "tom AT company DOT de",
        "lee {at} example {dot} io",
        "kim at outlook.com",
        "pat (at) example.co.uk",
        "mia at mail dot example dot com",
        "sam at yahoo dot co dot uk",
    ]


def _phones() -> list[str]:
    return _PHONES.strip().splitlines()


def _cards(draw: random.Random) -> list[str]:
    shapes = [("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15), ("6011", 16)]
    shapes += [("65", 16), ("3530", 16), ("36", 14), ("62", 16), ("6304", 16), ("4", 16)]
    numbers = [_luhn(prefix + _digits(draw, length - len(prefix) - 1)) for prefix, length in shapes]
    grouped = [_grouped(number) for number in numbers[:5]] + [_grouped(number, "-") for number in numbers[7:10]]
    amex = f"{numbers[5][:4]} {numbers[5][4:10]} {numbers[5][10:]}"
    return [*numbers, *grouped, amex, "4242 4242 4242 4242", "5555-5555-5555-4444"]


def _ibans(draw: random.Random) -> list[str]:
    parts = {"DE": 18, "FR": 23, "ES": 20, "CH": 17, "BE": 12, "AT": 16, "PL": 24, "SE": 20, "PT": 21}
    bodies = {country: _digits(draw, length) for country, length in parts.items()}
    bodies |= {"GB": "WEST" + _digits(draw, 14), "NL": "ABNA" + _digits(draw, 10), "IT": "X" + _digits(draw, 22)}
    whole = [country + mod_97_10.calc_check_digits(bban + country) + bban for country, bban in bodies.items()]
    return [*whole, *map(_grouped, whole)]


def _ips(draw: random.Random) -> list[str]:
    four = [".".join(str(draw.randint(11, 220)) for _ in range(4)) for _ in range(9)]
    six = [
        f"2001:db8:{draw.randint(1, 65535):x}::{draw.randint(1, 65535):x}:{draw.randint(1, 65535):x}" for _ in range(4)
    ]
    return [*four, "192.168.1.10", *six, "fe80::1ff:fe23:4567:890a", "2001:0db8:85a3:0000:0000:8a2e:0370:7334"]


def _ids() -> list[str]:
    return ["123-45-6789", "536-90-4399", "212-09-9999", "AB123456C", "AB 12 34 56 C", "JG 10 37 59 A"]


def _streets() -> list[str]:
    return [
        "12 Harbour Road",
        "1600 Pennsylvania Avenue",
        "221b Baker Street",
        "Hafenstraße 12",
        "Am Alten Markt-Platz 3",
        "Keizersgracht 174",
        "14 rue des Lilas",
        "3 bis, avenue Victor Hugo",
        "Calle Mayor 8",
        "Via Giuseppe Garibaldi, 23",
        "Rua Augusta 1508",
        "Storgatan 12",
    ]


def _people() -> list[str]:
    return _PEOPLE.strip().splitlines()


def _keys(draw: random.Random) -> list[str]:
    def rand(length: int, alphabet: str = _ALNUM) -> str:
        return "".join(draw.choice(alphabet) for _ in range(length))

    upper = string.ascii_uppercase + string.digits
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()).decode().rstrip("=")
    body = base64.urlsafe_b64encode(json.dumps({"sub": draw.randint(1, 10**9)}).encode()).decode().rstrip("=")
    pem = "-----BEGIN {0}PRIVATE KEY-----\n{1}\n{2}\n-----END {0}PRIVATE KEY-----"
    issued = [
        *("gh" + f"{c}_" + rand(36) for c in "pousr"),
        "github" + "_pat_" + rand(22) + "_" + rand(59),
        *("sk" + "-ant-" + rand(93) + "AA", "sk" + "-ant-api03-" + rand(80, _ALNUM + "-_")),
        *("sk" + "-" + rand(20) + "T3BlbkFJ" + rand(20), "sk" + "-proj-" + rand(48) + "T3BlbkFJ" + rand(48)),
        *("xo" + f"x{c}-" + f"{_digits(draw, 12)}-{_digits(draw, 12)}-{rand(24)}" for c in "bpar"),
        "xa" + "pp-1-" + rand(11, upper) + "-" + _digits(draw, 13) + "-" + rand(64, _HEX),
        *("AK" + "IA" + rand(16, upper), "AS" + "IA" + rand(16, upper)),
        *(
            "h" + "f_" + rand(34, string.ascii_letters),
            "AI" + "za" + rand(35, _ALNUM + "-_"),
            "GOC" + "SPX-" + rand(28),
        ),
        *("sk" + "_live_" + rand(24), "rk" + "_test_" + rand(24), "wh" + "sec_" + rand(32)),
        *("gl" + "pat-" + rand(20), "np" + "m_" + rand(36), "pypi-" + "AgEIcHlwaS5vcmc" + rand(80)),
        *("SG" + f".{rand(22)}.{rand(43)}", "AC" + rand(32, _HEX), "SK" + rand(32, _HEX), rand(32, _HEX) + "-us12"),
        *(
            "shp" + "at_" + rand(32, _HEX),
            "dop" + "_v1_" + rand(64, _HEX),
            "da" + "pi" + rand(32, _HEX),
            "gs" + "k_" + rand(52),
        ),
        *(_digits(draw, 9) + ":" + rand(35), "lin" + "_api_" + rand(40), "nt" + "n_" + rand(46), "r8" + "_" + rand(37)),
        *(f"{head}.{body}.{rand(43)}", "M" + rand(23) + "." + rand(6) + "." + rand(27)),
        *(pem.format(kind, rand(64), rand(64)) for kind in ("", "RSA ", "EC ", "OPENSSH ")),
        "https://hooks." + f"slack.com/services/T{rand(8, upper)}/B{rand(8, upper)}/{rand(24)}",
        "https://discord." + f"com/api/webhooks/{_digits(draw, 18)}/{rand(68)}",
        "Authorization: Bearer " + "a1" + rand(40),
        "aws_secret_access_key = " + rand(40, _ALNUM + "/+") + "7",
        "postgres://app:" + "s3cr" + "etpw@db.internal/main",
    ]
    return [*issued, *_PASSWORDS.strip().splitlines()]


def _digits(draw: random.Random, length: int) -> str:
    return "".join(draw.choice(string.digits) for _ in range(length))


def _luhn(number: str) -> str:
    return number + luhn.calc_check_digit(number)


def _grouped(number: str, joint: str = " ") -> str:
    return joint.join(number[i : i + 4] for i in range(0, len(number), 4))


_PHONES = """
(415) 555-2671
415-555-0132
+1 212 555 0198
212.555.0142
2125550142
1-800-273-8255
+12125550100
+44 20 7946 0958
020 7946 0123
07911 123456
+447911123456
0044 20 7946 0958
+44 (0)20 7946 0958
+49 30 901820
030 901820
0151 23456789
+4915123456789
030/901820
0049 30 901820
(030) 901820
+33 1 42 68 53 00
06 12 34 56 78
06.12.34.56.78
0142685300
+33612345678
+91 98765 43210
9876543210
098765 43210
+91-9876543210
+55 11 91234-5678
(11) 91234-5678
11912345678
+81 3-1234-5678
03-1234-5678
090-1234-5678
+819012345678
+61 2 9374 4000
(02) 9374 4000
0412 345 678
+34 912 345 678
612 345 678
612345678
+39 06 698 12345
+31 20 794 0956
+41 44 668 18 00
+43 1 58858 0
+46 8 123 456 78
+48 22 123 45 67
+971 4 123 4567
+65 6123 4567
+852 2123 4567
+82 2-312-3456
+27 21 123 4567
+52 55 1234 5678
"""

_PEOPLE = """
Olivia Nakamura
olivia nakamura
OLIVIA
Nakamura
Liam O'Brien
liam
O’Brien
Priya
priya.patel
Jürgen Schmidt
Jürgen
SCHMIDT
María García
García
Siobhán
Kwame Okafor
okafor
Anne-Marie
Anne Marie Dubois
Mark Green
mark green
Grace Hope
Will Li
Tom Ng
zoe_92
d.haddad
haddad
ingrid.johansson
Ingrid
Pieter
田中太郎
김민수
Петров
Александр Петров
"""

_PASSWORDS = """
password: Hunter2!x
password is tr0ub4dor&3
Passwort: Geheim123
pwd=s3cr3tP@ss
PASSWORD = 'qwerty99'
passcode: 88231944
contraseña: Verano2024
mot de passe: Soleil75
senha: Futebol10
api key: 9f8e7d6c5b4a
client_secret=ab12cd34ef
token: 7f3c9a1be2d4
my wifi password is BlueHorse77.
"""
