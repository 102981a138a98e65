"""Instructions: words that are aimed at a model rather than at a person, in several languages and disguises."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from conversations.secrets import holds_any

_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_MARKS = re.compile("[\u0300-\u036f]")  # also the strokes that cross letters out; kana keep theirs, which lie elsewhere
_LEET = str.maketrans("0134578@$", "oieastbas")
_LEET_WORD = re.compile(r"[a-z][0134578@$]|[0134578@$][a-z]")
_SPACED_OUT = re.compile(r"(?:\b\w[ .\-_*]){5}")
_CHAINED = re.compile(r"\b[a-z]+(?:[_-]+[a-z]+){2,}")  # as in the names of files
_ESCAPED = re.compile(r"&(?:#\w{2,6}|[a-z]{2,6});|%[0-9a-f]{2}")
_CHOPPED = re.compile(r"(?:\b[a-z]+[.!?,;*~|/\\]+\s*){3}")
_TURNED = str.maketrans("ɐqɔpǝɟƃɓɥıɾʞlʃɯuodbɹsʇnʌʍxʎz", "abcdefgghijkllmnopqrstuvwxyz")
_TURNED_SIGNS = re.compile("[ɐɔǝɟƃɥıɾʞɯɹʇʌʍʎ]{2}")
_BACKWARDS = ("tpmorp", "snoitcurtsni", "suoiverp", "drager", "erongi")
_ROT13 = ("cebzcg", "vafgehpgvba", "cerivbhf", "qvfertneq", "vtaber")
_BASE64 = re.compile(r"(?<![\w+/=-])(?=[A-Za-z+/_-]{0,200}[A-Z0-9])[\w+/-]{24,4000}={0,2}", re.ASCII)
_HEX = re.compile(r"(?i)(?<![0-9a-f])(?:[0-9a-f]{2}){16,2000}(?![0-9a-f])")
_LONG_WORD = re.compile(r"\S{24}")
_SENTENCE = re.compile(r"(?:[^\W\d_]{2,}[,:;.!?]?\s+){3}")
_BORDER = 80  # characters on each side of where one person goes on in the next message

_RULES = r"(?:instruction|prompt|rule|guideline|direction|constraint|polic(?:y|ie)|training|programming|style guide)s?"
_ENGLISH = (
    (
        rf"\b(?:ignore|disregard|forget|override|bypass|drop|skip)\b[^.!?\n]{{0,40}}\b(?:previous|above|prior|earlier|"
        rf"all|any|your|the|those|these|system)\b[^.!?\n]{{0,30}}\b{_RULES}\b"
    ),
    (
        r"\b(?:reveal|print|repeat|show|output|leak|tell me|give me|what is|what are)\b[^.!?\n]{0,30}\b(?:system|"
        r"hidden|initial|secret) (?:prompt|instructions?|message)\b"
    ),
    (
        r"\byou are (?:now|no longer) (?:dan\b|an? (?:unrestricted|unfiltered|uncensored|evil|different) |"
        r"unrestricted\b|in (?:developer|debug|god|admin) mode|bound by|a?n? ?(?:ai|assistant|chatbot|language model))"
    ),
    r"\b(?:developer|god|jailbreak|dan) mode\b|\bdo anything now\b|\bjailbreak(?:ed|ing)?\b",
    (
        r"\b(?:pretend|act as if|imagine) (?:that )?you (?:have no|had no|are not bound by|are free of)\b[^.!?\n]{0,20}"
        r"\b(?:rules|restrictions|limits|guidelines|filters?)\b"
    ),
    (
        r"\b(?:set aside|throw away|discard|erase|overwrite|wipe)\b[^.!?\n]{0,30}\b(?:you (?:were|have been) told|"
        r"your (?:memory|instructions?|training|rules))\b|\bforget who you are\b"
    ),
    (
        r"\byour (?:previous|prior|earlier|old|original) (?:orders|instructions?|rules|directives|guidelines)\b[^"
        r".!?\n]{0,30}\b(?:no longer|void|do not apply)\b|\b(?:sudo|unrestricted) mode\b|"
        r"\b(?:begin|start|enter) admin session\b"
    ),
    (
        r"\b(?:skip|bypass|disable|turn off)(?: all| any| the| your)? (?:safety|content|moderation) (?:checks?|"
        r"filters?)\b|\btell the (?:model|ai|assistant|bot) to\b[^.!?\n]{0,30}\b(?:always|never|say|reply|answer)\b"
        r"|\byou (?:must|should|need)(?: not|n't)? (?:follow|obey|comply with) your (?:rules|guidelines|instructions)\b"
    ),
    (
        r"\b(?:respond|reply|answer) to (?:every|all|any|each) (?:later |further |future |following |other )?(?:"
        r"question|message|request|user)s? with\b|\bact as an? (?:uncensored|unfiltered|unrestricted|evil)\b"
    ),
    r"\b(?:system prompt|style guide) (?:override|is no longer)|\bnew (?:system )?instructions?:",
    r"\b(?:as|to) (?:an?|the) (?:ai|language model|llm)\b[^.!?\n]{0,40}\b(?:must|always|never|respond|say)\b",
    (
        r"\b(?:note|message|instruction|attention|hint|hinweis|nachricht|nota|aviso)s? (?:to|for|an|fur|para|a) (?:the "
        r"|any |all |die |jede |la )?(?:ais?|llms?|language models?|chatbots?|ki|ia|models? (?:reading|that reads))\b"
    ),
    (
        r"\b(?:this|these) (?:text|message|conversation|example|row)s?\b[^.!?\n]{0,20}\b(?:used (?:for|in)|part of) "
        r"(?:the )?(?:training|fine-?tuning)\b[^.!?\n]{0,40}\b(?:learn|always|never|answer|must|say)\b"
    ),
    (
        r"\b(?:from now on|whenever you see|when(?:ever)? (?:the|a) user (?:says|writes|asks))\b[^.!?\n]{0,60}\b(?:"
        r"always|reply|respond|answer|say|output|never)\b"
    ),
)
_ROLES = (
    r"(?:^|\n)\s*(?:#{2,}\s*)?(?:system|assistant|developer)\s*(?:prompt|message|note|override)?\s*:\s*\S",
    (
        r"(?:^|\n)\s*(?:#{2,}\s*)?(?:systeme|systeem|sistema|sistem|система|系统|系統|システム|시스템|assistent|asistente|"
        r"assistente|ассистент|助手|アシスタント|النظام)\s*:\s*\S"
    ),
    r"#{2,}\s*(?:system|instruction|new instruction|end of)|<\s*/?(?:system|instructions?|assistant|admin)\s*>",
    r"\[\s*(?:system|admin|override)\s*\]|\[//\]:\s*#",
    r"```\s*(?:system|assistant)\b|[\"']from[\"']\s*:\s*[\"'](?:gpt|human|system)[\"']",
    r"[\"']role[\"']\s*:\s*[\"'](?:system|assistant|developer|tool|user|model)[\"']",
    r"<\s*(?:message|msg|turn)\b[^<>\n]{0,40}\brole\s*=",
    r"<!--[^>]{0,200}\b(?:assistant|system|\w*mod[ea]ll?[eo]?|ai|llm|instructions?|ignore|approve|always|never|reply|respond)\b",
    r"!\[[^\]\n]{0,80}\]\(https?://[^)\s]{1,300}\?",  # a picture that reports back when it is shown
)
_OTHERS = (
    r"\bignorier\w*\b[^.!?\n]{0,40}\b(?:\w*anweisung|vorgabe|regel|instruktion)\w*",
    (
        r"\b(?:vergiss|vergesst|vergessen sie|missachte)\b[^.!?\n]{0,20}\b(?:alle|bisherig|vorherig|vorig|obig|fruher|"
        r"deine)\w*[^.!?\n]{0,20}\b(?:\w*anweisung|vorgabe|regel|instruktion)\w*"
    ),
    (
        r"\b(?:ab jetzt|ab sofort|von nun an)\b[^.!?\n]{0,40}\b(?:antworte|sage|sag|gib|schreibe?|bist du|gibst du)\b"
        r"|\bdu bist (?:ab jetzt|ab sofort|von nun an)\b|\bantworte (?:ab jetzt|ab sofort|von nun an)\b"
    ),
    r"\b(?:ignore[zr]?|oublie[zr]?)\b[^.!?\n]{0,30}\b(?:instructions?|consignes?|regles)\b",
    (
        r"\b(?:zeig\w*|verrat\w*|nenn\w*|repete|montre|muestra|mostra|revela|revele)\b[^.!?\n]{0,30}\b(?:system-?prompt|"
        r"prompt (?:systeme|d[eoi]l? sistema))"
    ),
    (
        r"\b(?:aja|actua|agis|verhalte dich|tu so)\b[^.!?\n]{0,20}\b(?:como s[ei]|comme si|als)\b[^.!?\n]{0,30}\b(?:"
        r"regras|reglas|regles|regeln)\b"
    ),
    r"\bignor[ae]d?\b[^.!?\n]{0,40}\b(?:instrucciones|instrucoes|istruzioni|reglas|regras|regole|indicaciones|ordens)\b",
    (
        r"\b(?:olvid[ae]|esquec[ae]|esquece|desconsidere|dimentica)\b[^.!?\n]{0,20}\b(?:tod[ao]s|tutte|anterior\w*|previ\w*|tus|"
        r"suas|precedenti)\b[^.!?\n]{0,20}\b(?:instrucciones|instrucoes|istruzioni|reglas|regras|regole)\b"
    ),
    (
        r"\b(?:a partir d[eo] (?:ahora|agora)|a partir de maintenant|desormais|d'ora in poi)\b[^.!?\n]{0,40}\b(?:"
        r"responde|responda|reponds|rispondi|di|dis|tu es)\b"
    ),
    (
        r"\b(?:negeer|vergeet)\b[^.!?\n]{0,20}\b(?:alle|vorige|eerdere|bovenstaande|je)\b[^.!?\n]{0,20}\b(?:instructies|regels|"
        r"aanwijzingen|opdrachten)\b"
    ),
    r"\b(?:ignorera|ignorer|glom|glem)\b[^.!?\n]{0,30}\b(?:instruktion|instruks|anvisning)\w*",
    r"\b(?:z?ignoruj|zapomnij)\b[^.!?\n]{0,30}\b(?:polece|instrukcj|zasad)\w*",
    r"\btalimat\w*[^.!?\n]{0,20}\b(?:yok say|unut|gormezden gel)",
)
_ELSEWHERE = (
    r"(?:про)?игнорир\w*[^.!?\n]{0,40}(?:инструкц|правил|указани)|\bзабудь[^.!?\n]{0,30}(?:инструкц|правил|указани)",
    r"(?:忽略|无视|無視|忘记|忘記|不要理会)[^。!?\n]{0,12}(?:指令|指示|规则|規則|提示词)",
    r"(?:指示|命令|ルール|プロンプト)[^。!?\n]{0,10}(?:無視|忘れ(?:て|ろ|なさい))",
    r"(?:지시|명령|규칙|프롬프트)[^.!?\n]{0,10}(?:무시|잊)",
    r"(?:تجاهل|انس)[^.!?\n]{0,20}(?:التعليمات|الأوامر|القواعد)",
)
# Words of which one must stand there before the rules are worth their time: nearly all talk has none of them.
_HINTS = (
    (
        "ignore|disregard|forget|override|bypass|drop|skip|system |hidden |initial |secret |you are no| mode|"
        "anything now|jailbr|have no|had no|not bound|free of|style guide|instruction| ai| llm|language model|"
        "chatbot| ki | ia | model|training|tuning|from now on|whenever you see|user |"
        "you were told|have been told|your mem|your rules|your guide|who you are|no longer|void|not apply|sudo|"
        "admin session|safety|moderation|content |tell the|respond to|reply to|answer to|act as"
    ),
    (
        "system|assist|asist|developer|##|instruct|admin|override|[//]|role|<!--|```|from|](http|sistem|система|ассистент|系|システム|"
        "시스템|助手|アシスタント|النظام"
    ),
    (
        "ignor|verg|missacht|ab jetzt|ab sofort|von nun an|oubli|olvid|esquec|desconsid|dimentica|a partir d|desormais|"
        "d'ora in|negeer|glom|glem|zapomnij|talimat|prompt|regras|reglas|regles|regeln"
    ),
)
_GUARDED = tuple(
    (tuple(hints.split("|")), re.compile("|".join(rules)))
    for hints, rules in zip(_HINTS, (_ENGLISH, _ROLES, _OTHERS), strict=True)
)
_OTHER_SCRIPTS = re.compile("|".join(_ELSEWHERE))


def find_instruction(texts: Iterable[tuple[str, str]]) -> tuple[int, str]:
    """The number of the message, from 1, and its words that are aimed at a model; 0 where there are none.

    `texts` are the roles and contents of one conversation. What somebody goes on with in their next message is read
    together with what they said before.
    """
    before: dict[str, str] = {}
    for number, (role, text) in enumerate(texts, start=1):
        if found := find_aimed(text) or _joined(before.get(role, ""), text):
            return number, found
        before[role] = text
    return 0, ""


def find_aimed(text: str) -> str:
    """The words of one text that are aimed at a model, as they read undisguised; nothing where there are none."""
    return next((found for reading in _readings(text) if (found := _aimed(reading))), "") or _encoded(text)


def _joined(before: str, text: str) -> str:
    return _aimed(f"{_folded(before[-_BORDER:])} {_folded(text[:_BORDER])}") if before else ""


def _aimed(reading: str) -> str:
    found = next((m for hints, rules in _GUARDED if holds_any(reading, hints) and (m := rules.search(reading))), None)
    if found is None and not reading.isascii():
        found = _OTHER_SCRIPTS.search(reading)
    return found[0].strip()[:160] if found else ""


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", _INVISIBLE.sub("", text)))
    return unicodedata.normalize("NFC", plain).casefold()


def _readings(text: str) -> Iterator[str]:
    """A text as it stands, and once more for each disguise that it seems to wear."""
    plain = _folded(text)
    yield plain
    if _LEET_WORD.search(plain):
        yield plain.translate(_LEET)
    if _SPACED_OUT.search(plain):
        yield re.sub(r"(?<=\b\w)[ .\-_*](?=\w\b)", "", plain)
    if "\n" in plain.strip():
        yield re.sub(r"\s+", " ", plain)
    if ("_" in plain or "-" in plain) and _CHAINED.search(plain):
        yield _CHAINED.sub(lambda chain: re.sub(r"[_-]+", " ", chain[0]), plain)
    if _CHOPPED.search(plain):
        yield re.sub(r"[.!?,;*~|/\\\s]+", " ", plain)
    if plain.count("-") >= 3:
        yield plain.replace("-", "")
    if _ESCAPED.search(plain):
        yield html.unescape(unquote(plain)).casefold()
    yield from _turned(plain)


def _turned(plain: str) -> Iterator[str]:
    if holds_any(plain, _BACKWARDS):
        yield plain[::-1]
    if holds_any(plain, _ROT13):
        yield codecs.decode(plain, "rot13")
    if not plain.isascii() and _TURNED_SIGNS.search(plain):
        yield from (plain.translate(_TURNED), plain.translate(_TURNED)[::-1])


def _encoded(text: str) -> str:
    """Whole sentences that stand in a chat as base64 or as hex digits, whatever they say: no person reads them."""
    if not _LONG_WORD.search(text):
        return ""
    for pattern, decode in ((_HEX, bytes.fromhex), (_BASE64, _from_base64)):
        for found in pattern.finditer(text):
            said = _text(decode(found[0]))
            if _SENTENCE.search(said) or _aimed(_folded(said)):
                return f"{found[0][:24]}… says: {said.strip()[:120]}"
    return ""


def _from_base64(text: str) -> bytes:
    plain = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + "=" * (-len(plain) % 4))
    except binascii.Error:
        return b""


def _text(raw: bytes) -> str:
    try:
        said = raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return said if all(character.isprintable() or character.isspace() for character in said) else ""
