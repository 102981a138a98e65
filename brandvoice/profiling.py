"""The profile of a style: measured on its newest dataset, and on what imports hold of the brand without a question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from brandvoice.curating import names_of
from brandvoice.plugins import Offers
from conversations.privacy import Redactor
from styles.dataset import list_datasets, load_dataset

if TYPE_CHECKING:
    from brandvoice.workspace import Workspace
    from styles.profile import Profile


@dataclass(frozen=True, slots=True)
class Measured:
    """How the brand writes, and on how many replies of a dataset and messages of one-sided imports that was found."""

    profile: Profile
    replies: int
    alone: int

    @property
    def basis(self) -> str:
        found = [f"{self.replies:,} replies of the newest dataset"] if self.replies else []
        if self.alone:
            found.append(f"{self.alone:,} messages of imports that hold only what the brand wrote")
        return " and ".join(found)


def profile_style(workspace: Workspace, style: str, *, offers: Offers) -> Measured:
    """How the brand writes, measured on the newest dataset's training side and on what it wrote unasked.

    Raises `NotFound` where there is neither.
    """
    from styles.profile import measure_profile

    spec = workspace.style(style)
    alone = list(_written_alone(workspace, style, offers=offers))
    has_dataset = any(not version.is_erased for version in list_datasets(workspace.data, style))
    dataset = load_dataset(workspace.data, style, "latest") if has_dataset or not alone else None
    examples = dataset.examples("train") if dataset else []
    replies = [m.content for e in examples for m in e.messages if m.role == "assistant"]
    return Measured(measure_profile([*replies, *alone], language=spec.language), len(replies), len(alone))


def _written_alone(workspace: Workspace, style: str, *, offers: Offers) -> Iterator[str]:
    """What imports hold of the brand without a question and may be learned from, each once and without private data."""
    seen: set[str | None] = set()
    with workspace.open_store() as store:
        names = names_of(workspace, store, style, offers=offers)
        for conversation in store.conversations(style, trainable_only=True, one_sided=True):
            own = [m for m in conversation.messages if m.role == "assistant" and m.trainable and m.voice is None]
            redactor = Redactor(names, texts=[message.content for message in own])
            for message in own:
                if message.id is None or message.id not in seen:
                    seen.add(message.id)
                    yield redactor.redact(message.content).text
