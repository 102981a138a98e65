"""House rules in the file format of the prose linter Vale (vale.sh/docs), read as checks; a subset of it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from conversations.errors import SettingsError
from styles.checks import PASSED, Finding
from styles.wording import sentences

_SECONDS = 0.05  # for one pattern on one reply; a pattern that takes longer counts as not found
_WEIGHTS = {"suggestion": 0.25, "warning": 0.5, "error": 1.0}
_COMMON = {"extends", "message", "level", "link", "description", "ignorecase", "nonword", "scope"}
_KEYS = {
    "existence": {"tokens", "raw", "exceptions"},
    "substitution": {"swap", "exceptions"},
    "occurrence": {"token", "min", "max"},
    "repetition": {"tokens", "alpha"},
    "consistency": {"either"},
    "conditional": {"first", "second", "exceptions"},
    "capitalization": {"match", "exceptions"},
}
_NEEDED = {
    "existence": {"tokens", "raw"},
    "substitution": {"swap"},
    "occurrence": {"token"},
    "repetition": {"tokens"},
    "consistency": {"either"},
    "conditional": {"first", "second"},
    "capitalization": {"match"},
}
_CASES: Mapping[str, Callable[[str], bool]] = {
    "$title": str.istitle,
    "$lower": str.islower,
    "$upper": str.isupper,
    "$sentence": lambda text: next((c.isupper() for c in text if c.isalpha()), True),
}

Hit = tuple[str, ...]  # what a rule's message is filled with
Finder = Callable[[str], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class ValeRule:
    """One rule file as a check. Each hit costs the more the graver the rule's level is."""

    name: str
    message: str
    weight: float
    scope: str
    finder: Finder

    def __call__(self, reply: str) -> Finding:
        parts = sentences(reply) if self.scope == "sentence" else [reply]
        hits = [hit for part in parts for hit in self.finder(part)]
        if not hits:
            return Finding(PASSED)
        return Finding(math.exp(-self.weight * len(hits)), _filled(self.message, hits[0]))


def load_vale_rules(folder: Path) -> tuple[ValeRule, ...]:
    """Every `*.yml` of a folder and its subfolders; the faults of all files are told at once, with their lines."""
    rules, faults = [], []
    for path in sorted([*folder.rglob("*.yml"), *folder.rglob("*.yaml")]):
        try:
            rules.append(load_vale_rule(path))
        except SettingsError as error:
            faults.append(str(error))
    if faults:
        raise SettingsError("\n".join(faults))
    return tuple(rules)


def load_vale_rule(path: Path) -> ValeRule:
    """One rule file, named `FOLDER.FILE` as Vale does."""
    source = _read(path)
    kind = str(source.values["extends"])
    message = source.text("message", default=f"{path.stem}: %s")
    level, scope = source.text("level", default="warning"), source.text("scope", default="text")
    if level not in _WEIGHTS:
        raise source.fault("level", f'"{level}" is not one of {", ".join(_WEIGHTS)}')
    if scope not in {"text", "sentence"}:
        raise source.fault("scope", f'"{scope}" is not supported; replies have only text and sentence')
    return ValeRule(f"{path.parent.name}.{path.stem}", message, _WEIGHTS[level], scope, _FINDERS[kind](source))


@dataclass(frozen=True, slots=True)
class _Source:
    """A rule file: its values, and on which line each key stands."""

    path: Path
    values: Mapping[str, Any]
    lines: Mapping[str, int]

    def fault(self, key: str, what: str) -> SettingsError:
        return SettingsError(f"{self.path}:{self.lines.get(key, 1)}: {key}: {what}.")

    def text(self, key: str, *, default: str = "") -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise self.fault(key, "has to be text")
        return value

    def texts(self, key: str) -> list[str]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str | int | float) for item in value):
            raise self.fault(key, "has to be a list of texts")
        return [str(item) for item in value]

    def pairs(self, key: str) -> dict[str, str]:
        value = self.values.get(key, {})
        if not isinstance(value, dict) or not value:
            raise self.fault(key, "has to be a table of texts")
        return {str(left): str(right) for left, right in value.items()}

    def number(self, key: str) -> int | None:
        value = self.values.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise self.fault(key, "has to be a number of times")
        return value

    def pattern(self, key: str, expression: str, *, bounded: bool = True) -> _Pattern:
        """A pattern between word boundaries, unless the rule says `nonword`."""
        import regex

        flags = regex.IGNORECASE if self.values.get("ignorecase") is True else 0
        whole = rf"(?<!\w)(?:{expression})(?!\w)" if bounded and self.values.get("nonword") is not True else expression
        try:
            return _Pattern(regex.compile(whole, flags | regex.MULTILINE))
        except regex.error as error:
            raise self.fault(key, f"“{expression}” is not a pattern ({error})") from error


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A compiled pattern that gives up after a while, since rule files come from elsewhere."""

    compiled: Any

    def found(self, text: str) -> list[str]:
        try:
            return [match[0] for match in self.compiled.finditer(text, timeout=_SECONDS) if match[0]]
        except TimeoutError:
            return []


def _read(path: Path) -> _Source:
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
        node, values = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8 text (byte {error.start}).") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(f"{path}:{line}: is not valid YAML: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}:1: is not valid YAML: {error}.") from error
    if not isinstance(node, yaml.MappingNode) or not isinstance(values, dict):
        raise SettingsError(f"{path}:1: is not a Vale rule: it has to be a table that says what it extends.")
    source = _Source(path, values, {str(key.value): key.start_mark.line + 1 for key, _ in node.value})
    _validate(source)
    return source


def _validate(source: _Source) -> None:
    """Refuse what is not understood: a rule that is half understood would be a wrong rule."""
    kind = source.values.get("extends")
    if not isinstance(kind, str) or kind not in _KEYS:
        raise source.fault("extends", f'"{kind}" is not supported; supported are {", ".join(_KEYS)}')
    unknown = [str(key) for key in source.values if key not in _COMMON | _KEYS[kind]]
    if unknown:
        raise source.fault(unknown[0], f"is not a key of {kind} that is supported")
    if not _NEEDED[kind] & set(source.values) or (kind == "conditional" and not _NEEDED[kind] <= set(source.values)):
        raise source.fault("extends", f"{kind} needs {' or '.join(sorted(_NEEDED[kind]))}")


def _existence(source: _Source) -> Finder:
    parts = [token for key in ("tokens",) for token in source.texts(key)]
    raw = "".join(source.texts("raw"))
    patterns = [source.pattern("tokens", "|".join(parts))] if parts else []
    patterns += [source.pattern("raw", raw, bounded=False)] if raw else []
    except_for = set(source.texts("exceptions"))
    return lambda text: ((hit,) for p in patterns for hit in p.found(text) if hit not in except_for)


def _substitution(source: _Source) -> Finder:
    swaps = [(source.pattern("swap", old), new) for old, new in source.pairs("swap").items()]
    except_for = set(source.texts("exceptions"))

    def find(text: str) -> Iterator[Hit]:
        for pattern, new in swaps:
            yield from ((new, hit) for hit in pattern.found(text) if hit != new and hit not in except_for)

    return find


def _occurrence(source: _Source) -> Finder:
    pattern = source.pattern("token", source.text("token"), bounded=False)
    least, most = source.number("min"), source.number("max")
    if least is None and most is None:
        raise source.fault("token", "needs a min or a max")

    def find(text: str) -> Iterator[Hit]:
        count = len(pattern.found(text))
        if (least is not None and count < least) or (most is not None and count > most):
            yield (str(count),)

    return find


def _repetition(source: _Source) -> Finder:
    pattern = source.pattern("tokens", "|".join(source.texts("tokens")), bounded=False)
    only_letters = source.values.get("alpha") is True
    fold = str.casefold if source.values.get("ignorecase") is True else str

    def find(text: str) -> Iterator[Hit]:
        found = pattern.found(text)
        for before, after in pairwise(found):
            if fold(before) == fold(after) and (after.isalpha() or not only_letters):
                yield (after,)

    return find


def _consistency(source: _Source) -> Finder:
    sides = [(source.pattern("either", a), source.pattern("either", b)) for a, b in source.pairs("either").items()]

    def find(text: str) -> Iterator[Hit]:
        for left, right in sides:
            both = left.found(text), right.found(text)
            if all(both):
                yield (both[1][0],)

    return find


def _conditional(source: _Source) -> Finder:
    first, second = source.pattern("first", source.text("first")), source.pattern("second", source.text("second"))
    except_for = set(source.texts("exceptions"))

    def find(text: str) -> Iterator[Hit]:
        if not second.found(text):
            counted = Counter(hit for hit in first.found(text) if hit not in except_for)
            yield from ((hit,) for hit in counted)

    return find


def _capitalization(source: _Source) -> Finder:
    wanted = source.text("match")
    pattern = None if wanted in _CASES else source.pattern("match", wanted, bounded=False)
    except_for = set(source.texts("exceptions"))

    def find(text: str) -> Iterator[Hit]:
        kept = re.sub(r"[^\W\d_]+", lambda word: "" if word[0] in except_for else word[0], text)
        fits = bool(pattern.found(kept)) if pattern else _CASES[wanted](kept)
        if kept.strip() and not fits:
            yield (text,)

    return find


_FINDERS: Mapping[str, Callable[[_Source], Finder]] = {
    "existence": _existence,
    "substitution": _substitution,
    "occurrence": _occurrence,
    "repetition": _repetition,
    "consistency": _consistency,
    "conditional": _conditional,
    "capitalization": _capitalization,
}


def _filled(message: str, hit: Hit) -> str:
    """The message with each `%s` replaced in turn, as Vale does."""
    for word in hit:
        message = message.replace("%s", word, 1)
    return message.replace("%s", hit[-1])
