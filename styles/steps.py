"""The built-in curation steps, in the order in which they run."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from conversations.messages import Conversation, Message
from conversations.privacy import Redactor, find_keys, may_hold_private
from conversations.roster import NameFinder
from conversations.secrets import SIGNS as KEY_SIGNS
from conversations.sieve import Sieve
from styles.curation import CurationStep, Draft, Dropped, Limits, Step, Survey, each
from styles.defence import quarantine_instructions, study_floods, study_strange_links, study_strangers
from styles.drafts import messages_through
from styles.duplicates import study_canned_replies, study_duplicates
from styles.examples import is_target
from styles.quality import (
    BEYOND_ASCII,
    BOILERPLATE_SIGNS,
    CONTEXT_SIGNS,
    mute_toxic,
    mute_without_context,
    refuse_boilerplate,
    refuse_other_languages,
    repair_text,
    rude_signs,
)
from styles.repetition import study_echoes, study_near_copies, study_templates
from styles.selection import Quota, study_usefulness
from styles.tone import study_tone
from styles.triggers import AT_MOST, study_triggers
from styles.wording import folded, phrase, words

if TYPE_CHECKING:
    from conversations.consent import Unwilling  # which brings the database along, and every process would load it


def builtin_steps(
    limits: Limits, roster: NameFinder | None = None, *, unwilling: Unwilling | None = None
) -> tuple[CurationStep, ...]:
    """Every built-in step. Steps of plugins come after them; what those put in is looked through once more."""
    quota = Quota(limits.examples_at_most, limits.speaker_share_at_most, limits.topic_share_at_most)
    near = limits.near_copy_from
    return (
        Survey("own words", study_echoes),
        each("basis", check_basis),
        each("consent", partial(refuse_unwilling, unwilling=unwilling)),
        each("own replies", mute_own_replies),
        each("roles", order_roles),
        each("empty turns", refuse_empty_turns),
        each("encoding", repair_text, sieve=BEYOND_ASCII),
        each("length", partial(refuse_long_turns, limits=limits)),
        each("secrets", refuse_secrets, sieve=KEY_SIGNS),
        Step("privacy", partial(hide_private, roster=roster), local=True),
        each("hidden text", partial(refuse_hidden_text, limits=limits), sieve=hidden_signs(limits)),
        each("instructions", quarantine_instructions),
        each("banned words", partial(refuse_banned_words, limits=limits)),
        each("boilerplate", refuse_boilerplate, sieve=BOILERPLATE_SIGNS),
        each("context", mute_without_context, sieve=CONTEXT_SIGNS),
        each("language", partial(refuse_other_languages, language=limits.language)),
        each("toxicity", mute_toxic, sieve=rude_signs()),
        Survey("floods", study_floods),
        Survey("strangers", study_strangers),
        Survey("strange links", study_strange_links),
        Survey("triggers", study_triggers),
        Survey("duplicates", study_duplicates),
        Survey("canned replies", partial(study_canned_replies, at_most=limits.same_reply_at_most)),
        Survey("near copies", partial(study_near_copies, threshold=near)),
        Survey("templates", partial(study_templates, at_most=limits.same_template_at_most, threshold=near)),
        Survey("selection", partial(study_usefulness, quota=quota)),
        Survey("chosen triggers", partial(study_triggers, at_most=10 * AT_MOST)),
        Survey("tone", study_tone),
    )


def check_basis(draft: Draft) -> Draft | Dropped:
    """Refuse whatever nobody said may be learned from, and why."""
    source = draft.source
    if source is None:
        return draft.drop("no-source", "Nobody knows where this conversation came from. Import it with its basis.")
    for name in source.missing:
        say = f"Say it: brandvoice sources allow {source.id[:10]} --{name} …"
        return draft.drop(f"no-{name}", f"Its source has no {name}. {say}")
    if not source.train_allowed:
        return draft.drop("not-allowed", "Its source is not allowed for training. See: brandvoice sources list")
    return draft


def refuse_unwilling(draft: Draft, unwilling: Unwilling | None) -> Draft | Dropped:
    """Whoever opted out is not learned from, nor is a channel that did."""
    if unwilling is None:
        return draft
    conversation = Conversation(draft.conversation_id, draft.messages, place=draft.place)
    if unwilling.author(conversation):
        return draft.drop("opted-out", "Somebody who wrote in it, or handed it in, does not want to be learned from.")
    if unwilling.channel(conversation):
        return draft.drop("channel-opted-out", "Its channel is not to be learned from.")
    return draft


def mute_own_replies(draft: Draft) -> Draft | Dropped:
    """What a voice said itself is learned only once a person approved it."""
    own = [i for i, m in enumerate(draft.messages) if m.voice is not None and is_target(m)]
    if not own or draft.reviewer:
        return draft
    return draft.mute(own, reason="not-approved", sentence="Only the assistant spoke, and nobody approved its replies.")


def order_roles(draft: Draft) -> Draft | Dropped:
    """Bring the turns into the order user, brand, user, brand…, which is what chat templates can render.

    System messages go, since the voice is served without them; so does what the brand says before anybody asked.
    """
    spoken = [message for message in draft.messages if message.role != "system"]
    first = next((i for i, m in enumerate(spoken) if m.role == "user"), None)
    if first is None:
        return draft.drop("no-user", "Only the brand speaks here; there is nothing that it answers.")
    merged = [_merged(list(run)) for _, run in groupby(spoken[first:], key=lambda message: message.role)]
    if len(merged) == 1:
        return draft.drop("no-reply", "Nobody of the brand answers here.")
    ordered = replace(draft, messages=tuple(merged))
    return ordered.mute((), reason="no-target", sentence="No reply of the brand in it is meant to be learned.")


def refuse_empty_turns(draft: Draft) -> Draft | Dropped:
    """A turn without text stands for an attachment that the model would never see."""
    empty = next((i for i, m in enumerate(draft.messages) if not m.content.strip()), None)
    if empty is None:
        return draft
    return draft.drop("empty-turn", f"Message {empty + 1} ({draft.messages[empty].role}) is empty.")


def refuse_long_turns(draft: Draft, limits: Limits) -> Draft | Dropped:
    for number, message in enumerate(draft.messages, start=1):
        said = f"Message {number} ({message.role}) has"
        if len(message.content) > limits.turn_characters_at_most:
            length = f"{len(message.content)} characters; {limits.turn_characters_at_most} are allowed"
            return draft.drop("turn-too-long", f"{said} {length}.")
        may_be_long = len(message.content) >= 2 * limits.reply_words_at_most  # a word and a space take two
        if may_be_long and is_target(message) and (count := len(words(message.content))) > limits.reply_words_at_most:
            return draft.drop("reply-too-long", f"{said} {count} words; {limits.reply_words_at_most} are allowed.")
    return draft


def refuse_secrets(draft: Draft) -> Draft | Dropped:
    """A key or password that once stood in a log is lost; the row goes, and somebody has to hear of it."""
    for number, message in enumerate(draft.messages, start=1):
        for finding in find_keys(message.content):
            where = f"message {number} ({message.role})"
            return draft.drop("secret", f"There is a {finding.rule} in {where}. Replace it: it stands in your logs.")
        if _HIDDEN_KEY.search(message.content):
            where = f"message {number} ({message.role})"
            return draft.drop("secret", f"A key or password stood in {where}. Replace it: others have seen it.")
    return draft


_HIDDEN_KEY = re.compile(r"[<\[]KEY_\d{1,9}[>\]]")  # what an import that redacts, or handing in, puts in its stead


def hide_private(batch: Sequence[Draft], roster: NameFinder | None = None) -> list[Draft]:
    """Put placeholders for private values; within a conversation the same value gets the same one."""
    seen = [*messages_through(batch, partial(may_hold_private, roster=roster))]
    concerned = {draft.conversation_id for draft, passed in seen if True in passed}
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for draft in batch:
        if draft.conversation_id in concerned:
            texts[draft.conversation_id] += (message.content for message in draft.messages)
    redactors = {conversation: Redactor(roster, texts=said) for conversation, said in texts.items()}
    return [
        _redacted(draft, passed, redactors[draft.conversation_id]) if True in passed else draft
        for draft, passed in seen
    ]


# What chat templates write, in whatever family: text that holds one of them could open or close a turn.
_TEMPLATE_TOKEN = re.compile(
    r"<[|｜][^|｜<>\n]{1,60}[|｜]>|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]|<</?SYS>>|"
    r"</?s>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>|\[(?:BOS|EOS|PAD|UNK|CLS|SEP)\]"
)
_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0100-\U000e01ef]"
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]"  # flags of regions are spelled with tags
    "|(?<=[\x00-\x7f])[\u200c\u200d](?=[\x00-\x7f])"  # joiners belong between emoji and letters of other scripts
)


def hidden_signs(limits: Limits) -> Sieve:
    """What a text has to hold for `refuse_hidden_text` to find something."""
    told = [(re.escape(token),) for token in limits.special_tokens if token[:1] not in "<["]
    return Sieve(((r"[<\[]",), (r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]",), (r"[^\x00-\x7f]",), *told))


def refuse_hidden_text(draft: Draft, limits: Limits) -> Draft | Dropped:
    """Quarantine text that speaks to the machine behind people's backs."""
    for number, message in enumerate(draft.messages, start=1):
        where = f"Message {number} ({message.role})"
        told = [token for token in limits.special_tokens if token in message.content]
        found = _TEMPLATE_TOKEN.search(message.content)
        if told or found:
            sentence = f"{where} holds a control token of chat templates."
            return draft.quarantine("template-token", sentence, *(told or ([found[0]] if found else [])))
        if hidden := _HIDDEN.search(message.content):
            sentence = f"{where} holds the invisible character U+{ord(hidden[0]):04X}."
            return draft.quarantine("hidden-character", sentence, ascii(_around(message.content, hidden.start())))
    return draft


def _around(text: str, place: int) -> str:
    return text[max(0, place - 30) : place + 30]


def refuse_banned_words(draft: Draft, limits: Limits) -> Draft | Dropped:
    """What the style bans must not be learned."""
    for number, message in enumerate(draft.messages, start=1):
        said = folded(message.content) if limits.banned and is_target(message) else ""
        for banned in limits.banned:
            if said and phrase(banned).search(said):
                return draft.drop("banned-word", f'Message {number} says "{banned}", which the style bans.')
    return draft


def _merged(run: list[Message]) -> Message:
    """What one side said in a row as one message; learned only if all of it may be."""
    first = run[0]
    if len(run) == 1:
        return first
    text = "\n".join(message.content for message in run if message.content.strip())
    return replace(first, content=text, trainable=all(message.trainable for message in run))


def _redacted(draft: Draft, passed: Sequence[bool], redactor: Redactor) -> Draft:
    counts: Counter[str] = Counter(draft.redactions)
    messages = list(draft.messages)
    for place, message in enumerate(draft.messages):
        if passed[place] and (hidden := redactor.redact(message.content)).counts:
            counts.update(hidden.counts)
            messages[place] = replace(message, content=hidden.text)
    return replace(draft, messages=tuple(messages), redactions=dict(counts)) if counts != draft.redactions else draft
