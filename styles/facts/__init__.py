"""Facts: what a brand knows, in files that people write; searched per question and quoted to the model."""

from styles.facts.index import FactIndex
from styles.facts.passages import Passage, read_passages
from styles.facts.quoting import Facts, FactSearch, Grounded, footnote

__all__ = ["FactIndex", "FactSearch", "Facts", "Grounded", "Passage", "footnote", "read_passages"]
