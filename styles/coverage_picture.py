"""The picture of coverage: an SVG of what people ask about beside what is learned, for light and dark screens."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from html import escape

from styles.topics import Topic

_WIDTH, _TOP, _ROW = 820, 74, 34
_LABEL, _BAR, _NOTE = 16, 276, 8  # where labels and bars begin, and how far behind a bar its note does
_LONGEST = 300  # bar
_LETTERS = 38  # of a label; letters of Chinese, Japanese and Korean are two wide
_NOTES = {"over": " (over-represented)", "under": " (under-represented)", "even": ""}
_STYLE = """<style>
.paper { fill: #ffffff } .ink { fill: #111827 } .soft { fill: #4b5563 } .asked { fill: #9ca3af }
.even { fill: #0f766e } .over { fill: #b45309 } .under { fill: #b91c1c }
@media (prefers-color-scheme: dark) {
.paper { fill: #0d1117 } .ink { fill: #e6edf3 } .soft { fill: #9da7b3 } .asked { fill: #6e7681 }
.even { fill: #2dd4bf } .over { fill: #fbbf24 } .under { fill: #f87171 } }
</style>"""


def picture(topics: Sequence[Topic]) -> str:
    """The coverage as an SVG that needs nothing else."""
    height = _TOP + _ROW * max(1, len(topics))
    title = "What people ask about, and what is learned"
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
            f'font-size="12" role="img" aria-label="{title}">'
        ),
        _STYLE,
        f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
        f'<text class="ink" x="{_LABEL}" y="24" font-size="15">{title}</text>',
        f'<text class="soft" x="{_LABEL}" y="44">grey: share of what is asked · colour: share of the examples</text>',
        *_bars(topics),
    ]
    if not topics:
        lines.append(f'<text class="ink" x="{_LABEL}" y="{_TOP + 14}">Too little is known to tell.</text>')
    return "\n".join([*lines, "</svg>", ""])


def _bars(topics: Sequence[Topic]) -> Iterator[str]:
    widest = max((max(t.asked, t.learned) for t in topics), default=1.0) or 1.0
    for place, topic in enumerate(topics):
        top = _TOP - 14 + _ROW * place
        asked, learned = (round(_LONGEST * share / widest, 1) for share in (topic.asked, topic.learned))
        note = f"{_share(topic.asked)} → {_share(topic.learned)}{_NOTES[topic.verdict]}"
        behind = _BAR + _NOTE + max(asked, learned)
        yield f"<g><title>{escape(topic.words)}: {note}</title>"
        yield f'<text class="ink" x="{_LABEL}" y="{top + 15}">{escape(_fitted(topic.words))}</text>'
        yield f'<rect class="asked" x="{_BAR}" y="{top}" width="{asked}" height="10"/>'
        yield f'<rect class="{topic.verdict}" x="{_BAR}" y="{top + 12}" width="{learned}" height="10"/>'
        yield f'<text class="soft" x="{behind}" y="{top + 15}">{note}</text></g>'


def _share(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 or not share else f"{share:.1%}"


def _fitted(label: str) -> str:
    """As much of a label as fits in front of the bars."""
    room = _LETTERS
    for place, letter in enumerate(label):
        room -= 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if room < 0:
            return f"{label[: place - 1].rstrip(' ,')}…"
    return label
