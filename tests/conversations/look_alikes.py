"""Chat that looks as if it held private values, and holds none."""

from __future__ import annotations

import random
import string


def look_alikes() -> list[str]:
    draw = random.Random(12)
    made = [text for _ in range(6) for text in _numbered(draw)]
    return [*made, *_SENTENCES.strip().splitlines()]


def _numbered(draw: random.Random) -> list[str]:
    date = f"{draw.randint(2019, 2026)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
    return [
        f"your order number is {_digits(draw, 10)}",
        f"order #{_digits(draw, 8)} shipped",
        f"please update to {draw.randint(1, 9)}.{draw.randint(0, 20)}.{draw.randint(0, 9)}.{draw.randint(0, 9)} today",
        f"we run version {draw.randint(10, 99)}.{draw.randint(10, 99)}.{draw.randint(10, 99)}.{draw.randint(10, 99)}",
        f"it was on {date} at {draw.randint(1, 12)}:{draw.randint(10, 59)}",
        f"from {date} 10:30:{draw.randint(10, 59)} until noon",
        f"delivered {draw.randint(1, 28):02d}.{draw.randint(1, 12):02d}.{draw.randint(2019, 2026)} in the morning",
        f"that comes to ${draw.randint(1, 9999):,}.{draw.randint(10, 99)} plus {draw.randint(5, 20)}% tax",
        f"invoice {draw.randint(2019, 2026)}-{_digits(draw, 6)} is paid",
        f"tracking 1Z{_letters(draw, 16)}",
        f"tracking number {_digits(draw, 12)}",
        f"thread {draw.randint(1600000000, 1790000000)}.{_digits(draw, 6)}",
        f"message {_digits(draw, 18)} in that channel",
        f"fixed in commit {_hex(draw, 40)}",
        f"request id {_hex(draw, 8)}-{_hex(draw, 4)}-4{_hex(draw, 3)}-a{_hex(draw, 3)}-{_hex(draw, 12)}",
        f"sku ABC-{_digits(draw, 4)}-{_digits(draw, 3)}",
        f"ticket {_digits(draw, 7)} is still open",
        f"ref: {_digits(draw, 9)}",
    ]


def _digits(draw: random.Random, length: int) -> str:
    return "".join(draw.choice(string.digits) for _ in range(length))


def _hex(draw: random.Random, length: int) -> str:
    return "".join(draw.choice("0123456789abcdef") for _ in range(length))


def _letters(draw: random.Random, length: int) -> str:
    return "".join(draw.choice(string.ascii_uppercase + string.digits) for _ in range(length))


_SENTENCES = """
open 9:00-17:30, Mon-Fri
back at 10:45:30
see you 24/7
it takes 10-15 days
between 2019-2024 we grew 300%
1,234,567 people
1 234 567 visitors
costs 19.99 EUR or 24,50 €
€ 1.250.000,00 in total
a 3-2 win
2 x 4 x 6 cm
dial 112 or 911
zip 90210-1234
10115 Berlin
ISBN 978-3-16-148410-0
EAN 4006381333931
pi is 3.14159265358979
coordinates 52.520008, 13.404954
colour #ff8800
room 4.01.12
chapter 1.2.3
1920x1080 at 60Hz
ISO 8601-1:2019
Chrome 120.0.0.0 on Windows 10.0.19045
localhost 127.0.0.1 works
mask 255.255.255.0
use std::vector
a::b and c::d
mark it as done
will do!
may I ask
a rose is a rose
hope that helps
grace period ends
the green one
Harbor is great
our Harbor Support team
look at this dot there
meet me at noon dot dot dot
we are at harbor.example
@everyone hi
follow us @harbor
5 @ 3 EUR each
n@me is taken
password reset link
your password is incorrect!
forgot my password
password: forgotten
the password must be 8-12 characters
password is case-sensitive
a token of our thanks
token expired
the secret is good flour
key: value pairs
the key is in the box
api key missing
what is a secret key?
skip-the-line-pass
task-based-learning-with-groups
pneumonoultramicroscopicsilicovolcanoconiosis
https://shop.example/o/12345678
https://docs.example.com/v2.1.0/install#step-3
Donaudampfschifffahrtsgesellschaft
Lieferung am 03.04.2025 um 14:30
Bestellnummer 4512345678
Rechnung Nr. 20240117
commande n° 123456789
flight LH 2034 at 07:55
a 4-6-4 layout
order 4111111111111112 is late
16 digits: 1234 5678 9012 3456
serial SN-2034-5567-8891
batch 20240305-0017
DE is the country code
GB 12 pounds
at least 20 of 30 in 40 to 50
100 200 300 400
section 12.3.4.5.6
{{Order Number}}
see <EMAIL_1> or <PHONE_2>
[NAME_1] wrote
lol 😂😂
half ½ and m² of 20 °C…
12345
0000 0000
+1 for that
c++ 17
"""
