"""Telephone numbers: with their country, in national writing, and as people write them after "call me on".

A text without a run of at least six digits, as `LONG_NUMBER` sees one, holds none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

REGIONS = (
    *("US", "GB", "DE", "FR", "ES", "IT", "NL", "IN", "BR", "AU", "JP"),
    *("AT", "CH", "BE", "SE", "DK", "NO", "FI", "PL", "PT", "IE", "NZ", "ZA", "TR", "KR", "RU", "CN", "CZ", "RO"),
    *("GR", "HU", "SG", "MX", "AR"),
)

LONG_NUMBER = re.compile(r"\d[\d \u00a0.()/\-\u2010-\u2015]{4,}\d")

# In which groups a number without a leading zero is written where; any other grouping says nothing.
_GROUPS = {
    "US": "3-3-4 1-3-3-4",
    "GB": "5-6 4-6 3-3-4 2-4-4",
    "FR": "1-2-2-2-2",
    "ES": "3-3-3 3-2-2-2 2-3-2-2 3-6 2-3-4",
    "IT": "3-7 3-3-4 3-6-1 3-2-2-3 3-3-3 3-6",
    "IN": "5-5 4-6 2-5-5 2-10",
    "BR": "2-5-4 2-4-4 5-4 2-9",
    "AT": "3-7 3-3-4",
    "AU": "4-3-3",
    "IE": "4-3-3",
    "GR": "4-3-3 3-4-3 3-3-4 3-7 4-6 3-3-2-2",
    "HU": "2-3-4",
    "SG": "4-4",
    "MX": "2-4-4 3-3-4",
    "AR": "2-4-4",
    "BE": "3-2-2-2",
    "SE": "2-3-2-2",
    "CH": "2-3-2-2",
    "DK": "2-2-2-2 4-4 2-6 3-2-3",
    "NO": "2-2-2-2 3-2-3 4-4",
    "PL": "3-3-3 2-3-2-2 2-3-4",
    "PT": "3-3-3 2-3-4 2-3-2-2",
    "RU": "1-3-3-2-2 1-3-3-4 1-10",
    "CN": "3-4-4 3-8",
    "CZ": "3-3-3",
    "JP": "1-4-4 2-4-4",
    "TR": "3-3-2-2 3-3-4",
    "FI": "2-3-4 2-7",
}
_DATE = re.compile(
    r"(?:\d{4}[./-]\d\d?[./-]\d\d?|\d\d?[./ -]\d\d?[./ -](?:(?:19|20)\d\d|\d\d(?![./ -]?\d)))(?:[ -]{1,3}\d.*)?"
)
_FOUR_PARTS = re.compile(r"(?:\d{1,5}\.){3}\d{1,5}")
_REFERRING = re.compile(  # in small letters
    r"(?:\b(?:order|bestell\w*|auftrag\w*|commande|pedido|ref|reference|ticket|case|invoice|rechnung\w*|facture|"
    r"factura|tracking|sendung\w*|parcel|shipment|thread|message|msg|sku|serial|part|model|art(?:ikel\w*|"
    r"icle)?|item|track|"
    r"booking|reservation|buchung\w*|confirmation|flight|i[sm][bs]n|ean|upc|gtin|version|build|id|account|"
    r"member(?:ship)?|policy|customer|kunden\w*|voucher|coupon|code|transaction|batch|lot|po|zip|postcode|plz|"
    r"vertrag\w*|konto\w*|blz|routing|vat|ust-?id\w*|licen[cs]e|session|error|fehler|otp|pin|quantity|train|bus|gate|"
    r"rooms?|pages?|seite|channels?|ports?|dose|scores?|lat|lon|temperature|vorgang\w*|aktenzeichen|key|hash|user|odds|"
    r"lottery|lotto|lines|chapters?|sizes?|reps|epoch|timestamp|firmware|numbers|"
    r"s/n|sn|nhs|ssn|passport|imei|iccid|mac|asin|vin|chassis|meter(?: reading)?|z[äa]hler\w*|compteur|"
    r"contador|contatore|"
    r"patient\w*|grid|gps|coord\w*|isin|wkn|tax|steuer\w*|nif|cif|dni|nie|cpf|cnpj|siret|siren|nip|pesel|regon|abn|"
    r"ordine|ordre|orden|encomenda|bestelling|best[äe]llning\w*|zam[óo]wieni\w*|paczka|przesy[łl]k\w*|colis|envío|"
    r"klantn\w*|kundn\w*|kunden\w*|fatt?ura|faktura|factuur|dossier|expediente|protocolo|folio|"
    r"contrato|contrat|contratto|umowy|objednávk\w*|sipariş|заказ\w*|номер заказа|serie|referenz|referencia|"
    r"pnr|awb|hex|catalogue|boiler|results?|values?|bible|loyalty|points|sticker|barcode|pass|visa|permit|"
    r"badge|asset)\b|#)"
    r"[\s#:.-]*(?:(?:numbers?|nummer|num[eé]ro|número|nr|no|num|id|code|key|is|are|was|ist|es|est|è|of|de|"
    r"n)\b[\s#:.°]*){0,3}$"
)
_CALLING = re.compile(
    r"\b(?:call(?:ed|ing)?|phone|tel|telephone|telefon\w*|t[ée]l[ée]phone|tel[ée]fono|telefone|mobile?|m[óo]vil|"
    r"cell|handy|sms|fax|wh?ats?\s?app|wtsapp|wapp?|signal|telegram|viber|ring|dial|text|reach(?:ed)?|contact|"
    r"pager|landline|"
    r"mob|gsm|hotline|helpline|voicemail|switchboard|front desk|direct line|"
    r"(?:my|his|her|their|our) number|anrufen|ruf\w*|durchwahl|festnetz|meine nummer|r[üu]ckruf\w*|erreichbar|"
    r"appel\w*|rappel\w*|joignable|(?:mon|ton|son|votre) portable|portable ?:|llam\w*|celular|fijo|"
    r"lig(?:a|ue|uem|ar)|telem[óo]vel|zap|chiam\w*|cellulare|fisso|bel(?:len|t|)|appen|app (?:me|gerust|even)|"
    r"ring(?:a|er)?|dzwo\w*|zadzwo\w*|"
    r"kom[óo]rk\w*|volejte|zavol\w*|ara(?:yın|yin)|soita\w*|puh(?:elin)?|звони\w*|позвони\w*|тел|телефон\w*|"
    r"καλέστε|τηλ|τηλέφωνο|κιν)\b\.?(?! store)[^.!?\d]{0,30}$"
    r"|(?:电话|電話|手机|手機|携帯|連絡先|联系|전화|연락처|핸드폰|打)[^.!?\d]{0,10}$"
)
_IS_A_TELEPHONE = re.compile(r"\b(?:tele)?(?:phone|contact|mobile|cell|fax|whatsapp) (?:numbers?|no|#)")
_SAID_AFTER = re.compile(
    r"(?i)\W{0,2}(?:(?:is|works|ist|geht|va|est) )?(?:better|best|fine|easier|besser|mieux|mejor|meglio|any ?time|"
    r"in the (?:evening|morning|afternoon)|after (?:\d|one|two|three|four|five|six|seven|work)|ask for|leave a |abends|"
    r"le soir|por la |la sera|or (?:e-?mail|mail|text|come by)|jederzeit|after hours)"
)
_CLOSING = re.compile(
    r"(?i)\b(?:regards|cheers|greetings|thanks|thank you|thx|best|sincerely|love|yours|gr[uü](?:ß|ss)e?|"
    r"danke|lg|vg|mfg|"
    r"cordialement|"
    r"merci|bisous|saludos|gracias|un abrazo|saluti|grazie|groet(?:en|jes)?|abraços|obrigad[oa]|h[äa]lsningar|"
    r"mvh|hilsen|pozdrawiam|terveisin)\b[^\n]{0,30}\n(?:[^\n]{0,40}\n)?$"
)
_MEASURED = re.compile(
    r"(?i) ?(?:[%€$£°]|(?:km|m|m/s|mm|cm|kg|g|mg|ml|l|people|persons|users|"
    r"visitors|besucher|views|followers|times|euros?|eur|dollars?|usd|pounds|gbp|hours|bottles|"
    r"stück|einwohner|leute|grams|bytes|of them|personnes|personas|persone)\b)"
)
_AND_EXTENSION = (
    r"(?:,? ?(?:x|ext(?:n|ension)?|ramal|anexo|poste|interno|int|wew|toestel|durchwahl|dw|доб)(?:\.|:)? ?\d{1,5})?"
)
_NORTH_AMERICAN = re.compile(
    r"(?<![\w.+-])(?:(?:(?:\+?1|001)[ .-]?)?(?:\(\d{3}\) ?\d{3}[.-]?|\d{3}[.-]\d{3}[.-])\d{4}"
    r"|(?:\(\d{2}\) ?|\d{2} )9?\d{4}-\d{4})"  # Brazil
    rf"{_AND_EXTENSION}(?![\w-]|\.\d)"
)
_CALLED = re.compile(
    rf"(?<![0-9A-Za-z_\u00aa-\u052f.+-])[+(]?\d(?:[ ./()-]{{0,2}}\d){{5,14}}{_AND_EXTENSION}(?![\w-]|[.,]\d)"
)
_RUN = re.compile(
    r"(?<![0-9A-Za-z_\u00aa-\u052f$€£#=*+:/])(?<!\d[.,])(?<![0-9A-Za-z_\u00aa-\u052f][\u2010-\u2015-])"
    r"(?:\+{1,2} ?|\(\+? ?)?\d(?:[ \u00a0./()\-\u2010-\u2015]{0,3}\d){5,16}"
    rf"{_AND_EXTENSION}(?![0-9A-Za-z_%\u00aa-\u052f]|[.,:/-]\d)"
)
_ABROAD = re.compile(r"\(?(?:\+|00(?=[1-9])|011[ .-](?=[1-9])|011(?=[2-9]\d{9}))")
_AREA = re.compile(r"\(0\d{1,5}\)|0\d{1,4} ?[/-] ?\d")
_CAPITAL = re.compile(r" [^\W\d_a-z]")
_NEAR, _VERY_NEAR = 30, 12  # sizes and the like, rising; marks and the like
_DIGITS = re.compile(r"\d+")
_EXTENSION = re.compile(rf"{_AND_EXTENSION.removesuffix('?')}$")
_WITH_COUNTRY = re.compile(
    r"(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|35[1-9]|37[0-9]|38[0-9]|42[01]|85[2356]|"
    r"97[1-7])[ ./()-]"
)
_CODED = re.compile(r"(?:1Z[ \w]{2,18}|(?<!\w)(?=[A-Z\d]{0,11}[A-Z])(?=[A-Z\d]{0,11}\d)[A-Z\d]{5,12} )$")
# Which numbers a message that is nothing else, or a name beside, may be: mobile ones that are written without a gap.
_BARE = {
    "US": r"[2-9]\d\d[2-9]\d{6}",
    "IN": r"[6-9]\d{9}",
    "GR": r"69\d{8}",
    "IT": r"3[2-9]\d{8}",
    "ES": r"[67]\d{8}",
    "PL": r"[5-8]\d{8}",
    "PT": r"9[1236]\d{7}",
    "CN": r"1[3-9]\d{9}",
    "BR": r"[1-9]\d9\d{8}",
    "CZ": r"[67]\d{8}",
    "TR": r"5\d{9}",
}
_ROUND = re.compile(r"000|00\d00|1234567|^20[0-3]\d[01]\d[0-3]\d")  # and dates
_SOMEBODYS = re.compile(
    r"(?i)(?<!\w)(?:driver|courier|neighbou?r|mum|mom|dad|wife|husband|sister|brother|landlord|boss|doctor|"
    r"office|reception|"
    r"fahrer|kurier|nachbar|mama|papa|frau|mann|chauffeur|voisine?|femme|mari|bureau|repartidor|vecin[ao]|mujer|marido|"
    r"vicin[ao]|moglie|marito|ufficio|buurman|buurvrouw|sąsiad|żona|mąż|granne|nabo)(?:in|a|s|"
    r"'s)?(?: [A-Z]\w{1,14})?:? $"
)
_NAMED = re.compile(
    r"(?:,? (?:[^\W\d_a-zà-öø-ÿ][^\W\d_]{1,14}|po|lg|vg|thanks|thx|gracias|obrigad[oa]|grazie|merci|danke|"
    r"dzięki)){0,2}[ .!]*$"
)


@dataclass(frozen=True)
class _Run:
    """Digits in groups, as they stand in a text."""

    text: str
    start: int

    @cached_property
    def groups(self) -> list[str]:
        return _DIGITS.findall(_EXTENSION.sub("", self.text))

    @cached_property
    def digits(self) -> str:
        return "".join(self.groups)

    @property
    def is_abroad(self) -> bool:
        return bool(_ABROAD.match(self.text))

    @property
    def shape(self) -> str:
        return "-".join(str(len(group)) for group in self.groups)

    @property
    def is_something_else(self) -> bool:
        """A date, a version, a list, a quantity: what has digits in groups but no telephone behind it."""
        if _DATE.fullmatch(self.text) or _FOUR_PARTS.fullmatch(self.text) or len(set(self.digits)) < 3:
            return True
        if self.digits in "01234567890123456789" or self._is_counted:
            return True
        written = _EXTENSION.sub("", self.text)
        if "." in written and " " in written and self.digits[0] != "0" and "/" not in self.text:
            return True
        lengths = {len(group) for group in self.groups}
        return lengths == {2} and self._is_a_list

    @property
    def _is_counted(self) -> bool:
        """Digits one by one, unless they are as many as a whole number has: "0 7 4 6 2 8 1 4 4 3 5"."""
        spelled = self.shape == "-".join("1" * len(self.digits)) and self.digits[0] == "0" and len(self.digits) > 9
        return not spelled and sum(len(group) == 1 for group in self.groups) > 2

    @property
    def _is_a_list(self) -> bool:
        """Numbers of two digits in rising order, or more of them than any telephone number has."""
        values = [int(group) for group in self.groups]
        steps = {later - sooner for sooner, later in pairwise(values)}
        near = max(values) - min(values) < (_NEAR if values == sorted(values) else _VERY_NEAR)
        return len(values) > 5 or (self.digits[0] != "0" and (len(steps) == 1 or near))


def find_telephone_numbers(text: str, regions: tuple[str, ...] = REGIONS) -> Iterator[tuple[int, int, float, str]]:
    """Start, end, score and rule of each number, the longest first."""
    found: list[tuple[int, int, float, str]] = []
    for match in _RUN.finditer(text):
        for run in _read(text, match):
            if rule := _rule(text, run, regions):
                found.append((run.start, run.start + len(run.text), 1.0 if run.is_abroad else 0.8, rule))
                break
    found += ((*match.span(), 0.7, "phone shape") for match in _phone_shapes(text))
    yield from sorted(found, key=lambda span: span[0] - span[1])


def _read(text: str, match: re.Match[str]) -> Iterator[_Run]:
    """The digits as they stand, or before them what stands before a house number: "01223 351707 20 Milton Road"."""
    before, space, last = match[0].rpartition(" ")
    if space and len(last) < 4 and _CAPITAL.match(text, match.end()):
        yield _Run(before, match.start())
    yield _Run(match[0], match.start())


def _rule(text: str, run: _Run, regions: tuple[str, ...]) -> str:
    """By which rule it is a telephone number; empty where it is none."""
    end = run.start + len(run.text)
    if not 7 <= len(run.digits) <= 17 or is_referred_to(text, run.start):
        return ""
    if run.is_abroad and _is_possible(run):
        return "phone +"
    if "+" in run.text or run.is_something_else or _MEASURED.match(text, end):
        return ""
    if _CODED.search(text, max(0, run.start - 24), run.start):
        return ""
    if run.digits[0] == "0":
        return _from_zero(run, regions)
    if len(run.groups) > 1:
        return _grouped(run, regions)
    said = (
        _SAID_AFTER.match(text, end)
        or _is_signed(text, run.start, end)
        or _SOMEBODYS.search(text, max(0, run.start - 40), run.start)
    )
    if said and len(run.digits) > 8:
        return _valid_in(run, regions)
    return _bare(text, run, regions) if len(run.digits) in (9, 10, 11) else ""


def _bare(text: str, run: _Run, regions: tuple[str, ...]) -> str:
    """What a message says that is nothing but a number, and who speaks: "601234567 Ania"."""
    if text[: run.start].strip() or not _NAMED.match(text, run.start + len(run.text)):
        return ""
    if run.digits in "9876543210" or _ROUND.search(run.digits):
        return ""
    may_be = tuple(region for region, form in _BARE.items() if region in regions and re.fullmatch(form, run.digits))
    return _valid_in(run, may_be)


def _is_possible(run: _Run) -> bool:
    """Whether a number with its country is long enough; its exchange need not be in use."""
    from phonenumbers import NumberParseException, is_possible_number, parse

    bare = _ABROAD.sub("", run.text.replace("(0)", ""), count=1).strip("+( ")
    try:
        return is_possible_number(parse(f"+{bare}"))
    except NumberParseException:
        return False


def _from_zero(run: _Run, regions: tuple[str, ...]) -> str:
    """Nobody but a telephone company starts a long number with a zero."""
    lengths = [len(group) for group in run.groups]
    if (lengths[0] == 1 and max(lengths) == 2) or run.shape == "4-4" or (set(lengths) == {2} and len(lengths) != 5):
        return ""
    if len(run.digits) > 8 and (rule := _valid_in(run, regions)):
        return rule
    return "phone shape" if _AREA.match(run.text) and 8 <= len(run.digits) <= 12 and max(lengths) > 2 else ""


def _grouped(run: _Run, regions: tuple[str, ...]) -> str:
    years = all(group[:2] in ("19", "20") and len(group) == 4 for group in run.groups)
    joined = len(run.groups) == 2 and ("." in run.text or (run.shape == "4-4" and " " not in run.text))
    if years or joined or run.groups[-1] == "000":
        return ""
    rule = _valid_in(run, tuple(region for region in regions if run.shape in _GROUPS.get(region, "").split()))
    return rule or ("phone, no +" if _has_country(run) else "")


def _has_country(run: _Run) -> bool:
    """Whether a number begins with a country whose sign was left out: "44 7911 123456"."""
    from phonenumbers import NumberParseException, is_valid_number, parse

    if len(run.digits) < 11 or not _WITH_COUNTRY.match(run.text) or len(run.groups[0]) > 3:
        return False
    try:
        return run.digits.startswith("447") or is_valid_number(parse(f"+{run.digits}"))
    except NumberParseException:
        return False


def _valid_in(run: _Run, regions: tuple[str, ...]) -> str:
    from phonenumbers import NumberParseException, is_valid_number, parse

    for region in regions:
        try:
            number = parse(run.digits, region)
        except NumberParseException:
            continue
        if is_valid_number(number):
            return f"phone {region}"
    return ""


def _is_signed(text: str, start: int, end: int) -> bool:
    """Whether it stands in a line of its own below a closing."""
    rest = text[end:].partition("\n")[0]
    return not rest.strip() and bool(_CLOSING.search(text, max(0, start - 90), start))


def _phone_shapes(text: str) -> Iterator[re.Match[str]]:
    """Numbers that are written like telephone numbers, or called so, though no country has given them out."""
    yield from (m for m in _NORTH_AMERICAN.finditer(text) if not is_referred_to(text, m.start()))
    for match in _CALLED.finditer(text):
        before = _before(text, match.start())
        if _CALLING.search(before) and (_IS_A_TELEPHONE.search(before) or not _REFERRING.search(before)):
            yield match


def is_referred_to(text: str, start: int) -> bool:
    """Whether what begins at `start` is called an order, a ticket, a version or the like."""
    return bool(_REFERRING.search(_before(text, start)))


def _before(text: str, start: int) -> str:
    return text[max(0, start - 40) : start].lower()
