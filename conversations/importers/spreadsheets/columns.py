"""Which column of a table is what: said by a person, or known of a table that a well-known program writes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conversations.errors import ImportRefused
from conversations.importers.records import short
from conversations.messages import Role

FIELDS = {
    "text": "what was said",
    "role": "who said it: customer, agent, …",
    "author": "the id of who said it",
    "name": "the name of who said it",
    "time": "when",
    "conversation": "the ticket or thread",
    "id": "the id of the message",
    "reply_to": "the id of the message that it answers",
    "public": "false for an internal note",
    "kind": "what sort of entry it is",
    "prompt": "a question, with its answer in the same row",
    "completion": "the answer to the prompt of the row",
}

_USERS = "user customer end-user end_user enduser requester lead contact visitor client human member true inbound"
_BRAND = "assistant agent admin support staff operator brand teammate"
_NOBODY = "bot system automation trigger"
ROLES: Mapping[str, Role | None] = {
    **dict.fromkeys(_USERS.split(), "user"),
    **dict.fromkeys(_BRAND.split(), "assistant"),
    **dict.fromkeys(_NOBODY.split()),
}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """The column of each field by its header. `roles` reads the values of the role; those of `open_roles` are the
    brand's only where the author is one of the speakers."""

    name: str
    columns: Mapping[str, str]
    roles: Mapping[str, Role | None] = field(default_factory=lambda: ROLES)
    open_roles: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()  # of entries that hold something said; empty where there are no others

    @property
    def fault(self) -> str:
        """What is missing from it; nothing where it is enough to make conversations."""
        columns = self.columns
        if {"prompt", "completion"} <= columns.keys():
            return ""
        if "text" not in columns:
            return "no column for the text"
        if "role" not in columns and "author" not in columns:
            return "no column for who said it (role or author)"
        if "conversation" not in columns and "reply_to" not in columns and "time" not in columns:
            return "no column that says what belongs together (conversation, reply_to or time)"
        return ""


@dataclass(frozen=True, slots=True)
class _Preset:
    """A table that is known by its headers: for each field the headers it may have."""

    name: str
    headers: Mapping[str, tuple[str, ...]]
    needed: frozenset[str]
    open_roles: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    roles: Mapping[str, Role | None] = field(default_factory=lambda: ROLES)

    def match(self, header: Sequence[str]) -> ColumnMap | None:
        """The map for a table with this header, or None where it is another table."""
        spelled = {_plain(name): name for name in reversed(header)}
        found = {
            wanted: next((spelled[name] for name in names if name in spelled), "")
            for wanted, names in self.headers.items()
        }
        columns = {wanted: name for wanted, name in found.items() if name}
        if not columns.keys() >= self.needed:
            return None
        return ColumnMap(self.name, columns, self.roles, self.open_roles, self.kinds)


PRESETS = {
    preset.name: preset
    for preset in (
        _Preset(  # https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/
            "zendesk",
            {
                "conversation": ("ticket_id",),
                "id": ("comment_id", "id"),
                "text": ("plain_body", "comment", "comment_body", "body", "html_body"),
                "role": ("author_role", "author_type", "role"),
                "author": ("author_id", "author_email", "author"),
                "name": ("author_name",),
                "public": ("public", "is_public"),
                "time": ("created_at",),
            },
            frozenset({"conversation", "text", "role", "public", "time"}),
        ),
        _Preset(  # https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/
            "intercom",
            {
                "conversation": ("conversation_id",),
                "id": ("part_id", "id"),
                "text": ("body", "part_body"),
                "role": ("author_type",),
                "author": ("author_id", "author_email"),
                "name": ("author_name",),
                "kind": ("part_type",),
                "time": ("created_at", "part_created_at"),
            },
            frozenset({"conversation", "text", "role", "kind", "time"}),
            kinds=frozenset({"comment", "source", "open", "conversation", "initial", "quick_reply"}),
        ),
        _Preset(  # https://www.kaggle.com/datasets/thoughtvector/customer-support-on-twitter
            "twcs",
            {
                "id": ("tweet_id",),
                "author": ("author_id",),
                "role": ("inbound",),
                "time": ("created_at",),
                "text": ("text",),
                "reply_to": ("in_response_to_tweet_id",),
            },
            frozenset({"id", "author", "role", "time", "text", "reply_to"}),
            open_roles=frozenset({"false"}),
            roles={"true": "user", "false": "assistant"},
        ),
    )
}
_OWN_WORDS = _Preset("csv", {name: (name,) for name in FIELDS}, frozenset())


def find_map(wanted: Sequence[str], header: Sequence[str], *, path: Path) -> ColumnMap:
    """The map that was asked for (`FIELD=COLUMN`, a preset or a TOML file each), else that of a table known here.

    Raises `ImportRefused`, with the columns there are, where it is not known which column is what.
    """
    if wanted:
        found = _told(wanted, header, path=path)
    else:
        presets = (preset.match(header) for preset in (*PRESETS.values(), _OWN_WORDS))
        ours = _OWN_WORDS.match(header)
        assert ours is not None, "nothing is needed of a table in our own words"
        found = next((known for known in presets if known and not known.fault), ours)
    absent = [name for name in found.columns.values() if name not in header]
    if absent:
        raise ImportRefused(f"{path} has no column {short(absent[0])}. {_columns(header)}")
    if found.fault:
        raise ImportRefused(f"{path}: it is not known which column is what: {found.fault}. {_columns(header)} {_HOW}")
    return found


_HOW = (
    "Say it with --column, once for each, as in --column text=BODY --column role=AUTHOR_TYPE "
    f"--column conversation=TICKET; the fields are {', '.join(FIELDS)}; the presets are {', '.join(PRESETS)}."
)


def _told(wanted: Sequence[str], header: Sequence[str], *, path: Path) -> ColumnMap:
    columns: dict[str, str] = {}
    found = ColumnMap("csv", {})
    for one in wanted:
        name, equals, column = one.partition("=")
        if equals:
            columns[_field(name.strip())] = _spelled(column.strip(), header)
        elif one in PRESETS:
            known = PRESETS[one].match(header)
            if known is None:
                needed = ", ".join("/".join(PRESETS[one].headers[name]) for name in sorted(PRESETS[one].needed))
                raise ImportRefused(f"{path} is no table of {one}, which has the columns {needed}. {_columns(header)}")
            found = known
        else:
            found = _from_file(Path(one), header)
    return ColumnMap(found.name, {**found.columns, **columns}, found.roles, found.open_roles, found.kinds)


def _from_file(path: Path, header: Sequence[str]) -> ColumnMap:
    """A map out of a TOML file: `[columns]` by field, and `[roles]` with what further values of the role mean."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as fault:
        raise ImportRefused(
            f"--column {path}: there is no such preset ({', '.join(PRESETS)}) and no such file. {_HOW}"
        ) from fault
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ImportRefused(f"{path} cannot be read as a map of columns: {fault}.") from fault
    if strange := [key for key in content if key not in ("columns", "roles")]:
        raise ImportRefused(f"{path} has a table {short(strange[0])}; a map of columns has [columns] and [roles].")
    columns = dict(_texts(content.get("columns", {}), path=path))
    roles = {key.casefold(): _role(value, path=path) for key, value in _texts(content.get("roles", {}), path=path)}
    fields = {_field(key): _spelled(value, header) for key, value in columns.items()}
    return ColumnMap("csv", fields, {**ROLES, **roles})


def _texts(table: object, *, path: Path) -> Iterator[tuple[str, str]]:
    for key, value in (table if isinstance(table, dict) else {"": table}).items():
        if not isinstance(value, str):
            raise ImportRefused(f"{path}: {key} is {value!r}, and has to be a text.")
        yield key, value


def _role(value: str, *, path: Path) -> Role | None:
    meanings: dict[str, Role | None] = {"user": "user", "assistant": "assistant", "nobody": None}
    if value not in meanings:
        raise ImportRefused(f"{path}: a role is {short(value)}, and can be {', '.join(meanings)}.")
    return meanings[value]


def _field(name: str) -> str:
    if name not in FIELDS:
        known = "; ".join(f"{key}: {meaning}" for key, meaning in FIELDS.items())
        raise ImportRefused(f"--column {name}=…: there is no field {name!r}. The fields are {known}.")
    return name


def _spelled(column: str, header: Iterable[str]) -> str:
    """The header as the table spells it, whatever the case and the spaces."""
    return next((name for name in header if _plain(name) == _plain(column)), column)


def _plain(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def _columns(header: Sequence[str]) -> str:
    shown = ", ".join(short(name) for name in header[:20])
    return f"Its columns are {shown}{' …' if len(header) > 20 else ''}."
