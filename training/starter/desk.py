"""Everyday customer-support conversations, composed from hand-written phrases: `python -m training.starter.desk`."""

from __future__ import annotations

import argparse
import json
import random
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

Messages = list[dict[str, str]]

DATA = Path(__file__).with_name("desk")
SYSTEM_SHARE = 0.25
EMOJI_SHARE = 0.25  # only people write them here: a voice may learn to, and then its bytes have to be known
EMOJI = (
    "😀😃😄😁😅😂🙂😉😊😇🥰😍🤩😘😋😜🤔😐😴😭😢😡😱🤯🥳😎🤓🙄😬🤗🙏👍👎👏🙌👋💪🤝✌👌"
    "❤💙💚💛🧡💜🖤💔✨⭐🌟🔥⚡🎉🎁🎈🏆✅❌❗❓⚠→←↑↓☀☁☔⛄❄🌈🌊🌱🌸🌻🍀🍕🍰🍪🍫🍎🍵☕🍺🍷⚓⛵🚢🚚📦🏠🏪"
    "📱💻🔌🔋🎧📷🖨🔑🔒💳💰🛒👕👗👟🐶🐱🐾🚲✈🚗📞📧📝📅⏰⌛🔔🎵🎬"
)
_PARTS = ("slots", "phrases", "system")
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
_SLOT = re.compile(r"\{([a-z_]+)\}")
_TAG = re.compile(r"@([a-z,*]+) ")
_LONG_WORD = re.compile(r"\b[a-z]{5,}\b")
# A person who types in lower case writes these in lower case too; order numbers and addresses stay as they are.
_LOWERED = ("city", "country", "day", "month", "name", "event", "color")


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of a system message that decides the answer to one intent."""

    says: str
    replies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that people ask, how they ask it and what a good answer sounds like.

    A question that begins with `@tag ` is answered by the replies that begin with the same tag (`@one,two ` for
    several, `@* ` for every question), a question without a tag by those without.
    """

    name: str
    topic: str
    asks: tuple[str, ...]
    replies: tuple[str, ...]
    shops: tuple[str, ...]
    manner: str
    gives: str
    leads: tuple[str, ...]
    confirms: tuple[str, ...]
    more: tuple[tuple[str, str], ...]
    rules: tuple[Rule, ...]


@dataclass(slots=True)
class Scene:
    """What is true in one conversation, and which of it has been said so far."""

    choice: random.Random
    shop: str
    values: dict[str, str]
    register: str
    said: set[str] = field(default_factory=set)
    messages: Messages = field(default_factory=list)

    def user(self, template: str) -> None:
        lowered = self.register != "plain"
        text = fill(blur(template, self.register, self.choice), self.values, lowered=lowered)
        if self.choice.random() < EMOJI_SHARE:
            text += " " + "".join(self.choice.sample(EMOJI, self.choice.choice((1, 1, 2))))
        self.messages.append({"role": "user", "content": text})
        self.said |= roots(template)

    def assistant(self, templates: Sequence[str]) -> None:
        text = fill(vary(self.pick(templates), self.choice), self.values)
        self.messages.append({"role": "assistant", "content": text[0].upper() + text[1:]})

    def possible(self, templates: Sequence[str]) -> list[str]:
        return [t for t in templates if roots(t) - part("slots")["facts"].keys() <= self.said]

    def pick(self, templates: Sequence[str]) -> str:
        """A template that speaks only of what was said, preferably one that repeats something of it."""
        possible = self.possible(templates)
        telling = [t for t in possible if roots(t) & self.said]
        return self.choice.choice(telling if telling and self.choice.random() < 0.7 else possible)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, help="how many conversations to write")
    parser.add_argument("out", type=Path, help="a *.jsonl file of {messages: [...]} rows")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with arguments.out.open("w", encoding="utf-8") as lines:
        for messages in conversations(arguments.count, seed=arguments.seed):
            lines.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")


def conversations(count: int, *, seed: int) -> Iterator[Messages]:
    """`count` conversations, alike for the same seed; one that came before is drawn again up to three times."""
    choice = random.Random(seed)
    seen: set[str] = set()
    for _ in range(count):
        for _ in range(4):
            messages = compose(choice)
            key = json.dumps(messages)
            if key not in seen:
                break
        seen.add(key)
        yield messages


def compose(choice: random.Random) -> Messages:
    """One conversation: perhaps a system message, a question with its answer, and what may follow."""
    intent = choice.choice(intents())
    shop = choice.choice(intent.shops)
    register = choice.choices(("plain", "lower", "sloppy"), (55, 27, 18))[0]
    scene = Scene(choice, shop=shop, values=draw_values(shop, choice), register=register)
    rule = open_with_system(scene, intent) if choice.random() < SYSTEM_SHARE else None
    answered = exchange(scene, intent, rule=rule)
    if not answered:
        return scene.messages
    if intent.more and choice.random() < 0.5:
        question, answer = choice.choice(intent.more)
        scene.user(vary(question, choice))
        scene.assistant([answer])
    elif intent.manner != "short" and not rule and choice.random() < 0.35:
        fitting = [i for i in intents() if shop in i.shops and i.manner == "support" and i.topic != intent.topic]
        answered = exchange(scene, choice.choice(fitting), joint=choice.choice(lines(part("phrases")["joint"])))
    if answered and intent.manner == "support" and choice.random() < 0.17:
        close(scene)
    return scene.messages


def exchange(scene: Scene, intent: Intent, *, rule: Rule | None = None, joint: str = "") -> bool:
    """A question and its answer, after asking for an order number or the like; whether it came to an answer."""
    choice = scene.choice
    tag, ask = split_tag(choice.choice([a for a in intent.asks if not (rule and a.startswith("@"))]))
    scene.user(dress(vary(ask, choice), intent, joint=joint, choice=choice))
    replies = answering(intent.replies, tag)
    if rule:
        scene.assistant(rule.replies)
    elif tag or not intent.gives:
        scene.assistant(replies)
    elif intent.gives in scene.said:
        scene.assistant(replies + intent.confirms * 2)
    elif choice.random() < 0.2 and scene.possible(replies):
        scene.assistant(replies)
    else:
        return probe(scene, intent)
    return True


def split_tag(line: str) -> tuple[str, str]:
    match = _TAG.match(line)
    return (match.group(1), line[match.end() :]) if match else ("", line)


def answering(replies: Sequence[str], tag: str) -> tuple[str, ...]:
    """The replies that fit a question with this tag, without their own tags."""
    split = (split_tag(reply) for reply in replies)
    return tuple(text for tags, text in split if tag in tags.split(",") or tags == "*")


def probe(scene: Scene, intent: Intent) -> bool:
    """Ask for what is missing; mostly, the user gives it and the assistant confirms (then true)."""
    choice = scene.choice
    phrases = part("phrases")
    question = choice.choice(lines(phrases["question"][intent.gives]))
    scene.assistant([f"{lead} {question}" for lead in intent.leads])
    if choice.random() > 0.75:
        return False
    scene.user(vary(choice.choice(lines(phrases["given"][intent.gives])), choice))
    scene.assistant(intent.confirms)
    return True


def close(scene: Scene) -> None:
    phrases = part("phrases")
    scene.user(vary(scene.choice.choice(lines(phrases["thanks"])), scene.choice))
    scene.assistant(lines(phrases["welcome"]))


def dress(ask: str, intent: Intent, *, joint: str, choice: random.Random) -> str:
    """The question with what people put around it: a greeting, some context, a please."""
    phrases = part("phrases")
    chance = choice.random()
    if joint:
        return led_by(vary(joint, choice), ask)
    if intent.manner == "short":
        return ask
    if intent.manner == "support" and chance < 0.07 and not roots(ask) & {"product", "garment", "device", "thing"}:
        ask = vary(choice.choice(lines(phrases["context"])), choice) + " " + ask
    elif intent.manner != "chat" and chance > 0.93:
        ask = ask + " " + vary(choice.choice(lines(phrases["plea"])), choice)
    if choice.random() < 0.25:
        greetings = lines(phrases["greeting"])
        ask = led_by(vary(choice.choice(greetings if intent.manner == "support" else greetings[:3]), choice), ask)
    return ask


def led_by(greeting: str, ask: str) -> str:
    """The question behind a greeting, with a small first letter where the greeting does not end a sentence."""
    begins_small = greeting[-1] not in ".!" and not re.match(r"I\b|[A-Z]{2}|\{", ask)
    return f"{greeting} {ask[0].lower() + ask[1:] if begins_small else ask}"


def blur(template: str, register: str, choice: random.Random) -> str:
    """The line as somebody would type it: lower case, without its last mark, with a slip of the finger."""
    pieces = re.split(r"(\{[a-z_]+\})", template)
    if register == "plain":
        return template if choice.random() > 0.06 else _slip_in(pieces, choice)
    pieces = [p if _SLOT.fullmatch(p) else p.lower() for p in pieces]
    if register == "sloppy":
        pieces = [p if _SLOT.fullmatch(p) else p.replace("'", "").replace(",", "") for p in pieces]
    text = _slip_in(pieces, choice) if register == "sloppy" and choice.random() < 0.45 else "".join(pieces)
    return text.rstrip(".?!") if choice.random() < 0.7 else text


def _slip_in(pieces: Sequence[str], choice: random.Random) -> str:
    places = [(n, w) for n, p in enumerate(pieces) if not _SLOT.fullmatch(p) for w in _LONG_WORD.finditer(p)]
    if not places:
        return "".join(pieces)
    n, word = choice.choice(places)
    changed = pieces[n][: word.start()] + slip(word.group(), choice) + pieces[n][word.end() :]
    return "".join([*pieces[:n], changed, *pieces[n + 1 :]])


def slip(word: str, choice: random.Random) -> str:
    """The word with two letters swapped, one left out or one doubled."""
    at = choice.randrange(1, len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return choice.choice((swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]))


def open_with_system(scene: Scene, intent: Intent) -> Rule | None:
    """Put a system message in front: a company, perhaps its facts, perhaps a style guide or a rule that decides."""
    choice, system = scene.choice, part("system")
    scene.values["company"] = f"{choice.choice(system['first'])} {choice.choice(system['second'])}"
    scene.values["kind"] = choice.choice(lines(part("slots")["shops"][scene.shop]["kinds"]))
    scene.said |= {"company", "kind"}
    rule = choice.choice(intent.rules) if intent.rules and choice.random() < 0.6 else None
    facts = [rule.says] if rule else state_facts(scene, intent)
    text = guide(facts, choice) if choice.random() < 0.4 else " ".join([sentence("opening", choice), *facts])
    if choice.random() < 0.5 and "\n" not in text:
        text += " " + sentence("tone", choice)
    scene.messages.append({"role": "system", "content": fill(vary(text, choice), scene.values)})
    return rule


def state_facts(scene: Scene, intent: Intent) -> list[str]:
    """Sentences with this company's own figures, mostly those that the intent needs; they replace the usual ones."""
    choice, table = scene.choice, part("system")["facts"]
    needed = {slot for reply in (*intent.replies, *intent.confirms) for slot in roots(reply)}
    wanted = [name for name, fact in table.items() if needed & set(fact["slots"]) and choice.random() < 0.85]
    others = [name for name in table if name not in wanted]
    wanted += choice.sample(others, choice.choice((0, 0, 1, 2)))
    choice.shuffle(wanted)
    for slot in (slot for name in wanted for slot in table[name]["slots"]):
        scene.values[slot] = choice.choice(part("slots")["facts"][slot])
        scene.said.add(slot)
    return [vary(choice.choice(lines(table[name]["says"])), choice) for name in wanted]


def guide(facts: Sequence[str], choice: random.Random) -> str:
    """A style guide of three to six lines."""
    system = part("system")
    dos = choice.sample(lines(system["dos"]), choice.choice((1, 2, 2, 3)))
    donts = choice.sample(lines(system["donts"]), choice.choice((1, 2, 2)))
    parts = [sentence("speaker", choice)]
    if choice.random() < 0.5:
        parts += ["Do: " + "; ".join(dos) + ".", "Don't: " + "; ".join(donts) + "."]
    else:
        parts += ["Do:", *(f"- {d}" for d in dos), "Don't:", *(f"- {d}" for d in donts)]
    return "\n".join([*parts, *([" ".join(facts)] if facts else [])])


def sentence(key: str, choice: random.Random) -> str:
    return choice.choice(lines(part("system")[key]))


def draw_values(shop: str, choice: random.Random) -> dict[str, str]:
    """A word for every slot: this shop's goods, a person's details, and the usual figures of a company."""
    slots = part("slots")
    values = {name: choice.choice(words) for name, words in slots["words"].items()}
    values |= {name: usual[0] for name, usual in slots["facts"].items()}
    values["product"] = choice.choice(slots["shops"][shop]["products"])
    values["order"] = order_number(choice)
    for name in slots["countable"]:
        values[f"a_{name}"] = with_article(values[name])
        values[f"{name}s"] = plural(values[name])
    return values


def order_number(choice: random.Random) -> str:
    digits = str(choice.randrange(10_000, 99_999))
    return choice.choice(
        (digits, digits, f"#{digits}", f"{digits}{choice.randrange(10)}", f"A{digits}", f"{digits[:2]}-{digits}")
    )


def with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def plural(noun: str) -> str:
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"


def vary(template: str, choice: random.Random) -> str:
    """`(one|other)` becomes one of its sides, from the inside out."""
    while _CHOICE.search(template):
        template = _CHOICE.sub(lambda match: choice.choice(match.group(1).split("|")), template)
    return re.sub(r" +([ ?.!,])", r"\1", template).strip()


def fill(template: str, values: Mapping[str, str], *, lowered: bool = False) -> str:
    def word(match: re.Match[str]) -> str:
        value = values[match.group(1)]
        return value.lower() if lowered and match.group(1) in _LOWERED else value

    return _SLOT.sub(word, template)


def roots(template: str) -> set[str]:
    """The slots of a template, `a_product` and `products` counted as `product`."""
    return {part("forms").get(name, name) for name in _SLOT.findall(template)}


@cache
def part(name: str) -> Mapping[str, Any]:
    """One of the data files that are no topic; `forms` maps the inflected slots to their plain ones."""
    if name == "forms":
        return {form: n for n in part("slots")["countable"] for form in (f"a_{n}", f"{n}s")}
    with (DATA / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def intents() -> tuple[Intent, ...]:
    """Every intent of every topic file, in a fixed order."""
    paths = sorted(p for p in DATA.glob("*.toml") if p.stem not in _PARTS)
    return tuple(intent for path in paths for intent in load_topic(path))


def load_topic(path: Path) -> Iterator[Intent]:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    about = data.pop("topic")
    shops: Collection[str] = part("slots")["shops"].keys()
    for name, table in data.items():
        pairs = (line.split(" => ") for line in lines(table.get("more", "")))
        yield Intent(
            name=name,
            topic=path.stem,
            asks=lines(table["ask"]),
            replies=lines(table.get("reply", "")),
            shops=tuple(table.get("shops", about.get("shops", shops))),
            manner=table.get("manner", about["manner"]),
            gives=table.get("gives", ""),
            leads=lines(table.get("lead", "")),
            confirms=lines(table.get("confirm", "")),
            more=tuple((question, answer) for question, answer in pairs),
            rules=tuple(Rule(rule["says"], lines(rule["reply"])) for rule in table.get("rules", ())),
        )


@cache
def lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


if __name__ == "__main__":
    main()
