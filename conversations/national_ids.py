"""National ids: numbers that states give to people, told from other numbers by their shape, check digits and words."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

# Words beside a number that has no shape of its own; the languages are those of the countries below.
_WORDS = (
    r"social security|ssn|social insurance|\bsin\b|national (?:id|insurance|identity)|identity (?:card|number)|"
    r"\bnino?\b|passport|tax (?:id|number|file)|\btfn\b|taxpayer|personal (?:id|identity|number|code)|"
    r"id (?:card|number)|citizen|"
    r"steuer|identifikationsnummer|sozialversicherung|ahv|personalausweis|ausweis|sécurité sociale|securite sociale|"
    r"num[ée]ro (?:fiscal|national)|\bnir\b|\bdni\b|\bnie\b|\bnif\b|\bcurp\b|codice fiscale|\bbsn\b|burgerservice|sofi|"
    r"rijksregister|registre national|personnummer|f[øo]dselsnummer|\bcpr\b|henkil[öo]tunnus|\bpesel\b|\bcpf\b|"
    r"contribuinte|aadhaa?r|\bpan\b|マイナンバー|my number card|주민등록번호|身份证"
)
_NEAR = re.compile(rf"(?i)(?:{_WORDS})[^.!?\n]{{0,40}}$")
_AFTER = re.compile(rf"(?i)^[^.!?\n\w]{{0,3}}(?:is|was|as|ist|est|es|è)?\s?(?:my|the|mein|mon|mi)?\s?(?:{_WORDS})")


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of number: its shape, the check of python-stdnum, and whether a word has to stand beside it."""

    name: str
    pattern: str
    check: str = ""  # module of stdnum
    needs_word: bool = False


_RULES = (
    Rule("US SSN", r"\d{3}-\d{2}-\d{4}", "us.ssn"),
    Rule("US SSN", r"\d{3} ?\d{2} ?\d{4}", "us.ssn", needs_word=True),
    Rule("UK NINO", r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]"),
    Rule("UK NINO", r"[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-Z]?", needs_word=True),
    Rule("Canadian SIN", r"\d{3}[ -]\d{3}[ -]\d{3}", "ca.sin", needs_word=True),
    Rule("German tax id", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", "de.idnr", needs_word=True),
    Rule("French NIR", r"[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d", "fr.nir"),
    Rule("Spanish DNI", r"\d{8}-?[A-HJ-NP-TV-Z]", "es.dni"),
    Rule("Spanish NIE", r"[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]", "es.nie"),
    Rule("Italian codice fiscale", r"(?i:[A-Z]{6}\d\d[A-EHLMPR-T]\d\d[A-Z]\d{3}[A-Z])", "it.codicefiscale"),
    Rule("Dutch BSN", r"\d{4}\.?\d{2}\.?\d{3}", "nl.bsn", needs_word=True),
    Rule("Belgian national number", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", "be.nn"),
    Rule("Belgian national number", r"\d{11}", "be.nn", needs_word=True),
    Rule("Swiss AHV number", r"756\.?\d{4}\.?\d{4}\.?\d{2}", "ch.ssn"),
    Rule("Swedish personnummer", r"(?:19|20)?\d{6}[-+]\d{4}", "se.personnummer"),
    Rule("Norwegian fødselsnummer", r"\d{6} ?\d{5}", "no.fodselsnummer", needs_word=True),
    Rule("Danish CPR", r"\d{6}-?\d{4}", "dk.cpr", needs_word=True),
    Rule("Finnish HETU", r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", "fi.hetu"),
    Rule("Polish PESEL", r"\d{11}", "pl.pesel", needs_word=True),
    Rule("Portuguese NIF", r"\d{3} ?\d{3} ?\d{3}", "pt.nif", needs_word=True),
    Rule("Brazilian CPF", r"\d{3}\.\d{3}\.\d{3}-\d{2}", "br.cpf"),
    Rule("Brazilian CPF", r"\d{11}", "br.cpf", needs_word=True),
    Rule("Indian Aadhaar", r"[2-9]\d{3} \d{4} \d{4}", "in_.aadhaar"),
    Rule("Indian Aadhaar", r"[2-9]\d{11}", "in_.aadhaar", needs_word=True),
    Rule("Mexican CURP", r"[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d", "mx.curp"),
    Rule("Chinese resident id", r"\d{6}(?:19|20)\d{2}(?:0\d|1[0-2])[0-3]\d\d{3}[0-9Xx]", "iso7064.mod_11_2"),
    Rule("Korean resident number", r"\d{2}(?:0\d|1[0-2])[0-3]\d-[1-8]\d{6}"),
    Rule("Australian TFN", r"\d{3} ?\d{3} ?\d{2,3}", "au.tfn", needs_word=True),
    Rule("South African id", r"\d{13}", "za.idnr", needs_word=True),
)
_SHAPES = tuple((rule, re.compile(rf"(?<![\w.+-])(?:{rule.pattern})(?![\w-]|[.,]\d)")) for rule in _RULES)
# Any of those that need a word, and any of the others: one search instead of fifteen.
_ANY = {
    needs_word: re.compile(
        rf"(?<![\w.+-])(?:{'|'.join(rule.pattern for rule in _RULES if rule.needs_word is needs_word)})(?![\w-]|[.,]\d)"
    )
    for needs_word in (False, True)
}
# Six digits, or an Italian one; written so that the search goes from digit to digit.
_MAY_BE = re.compile(r"\d(?:(?:[ .-]?\d){5}|(?<=[A-Za-z]{6}\d)\d[A-Za-z])")


def find_national_ids(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of each number; those that only a word makes an id come last."""
    if not _MAY_BE.search(text):
        return
    possible = {needs_word for needs_word, pattern in _ANY.items() if pattern.search(text)}
    for rule, pattern in _SHAPES:
        if rule.needs_word not in possible:
            continue
        for match in pattern.finditer(text):
            if rule.needs_word and not _is_named(text, *match.span()):
                continue
            if not rule.check or _checker(rule.check)(match.group()):
                yield *match.span(), rule.name


def _is_named(text: str, start: int, end: int) -> bool:
    return bool(_NEAR.search(text, max(0, start - 80), start) or _AFTER.search(text[end : end + 60]))


@cache
def _checker(name: str) -> Callable[[str], bool]:
    checked: Callable[[str], bool] = importlib.import_module(f"stdnum.{name}").is_valid
    return checked
