"""A profile as a picture: a bar for each row, as long as its time, and how near it comes to the machine's limits."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

__all__ = ["Bar", "page", "picture"]

_WIDTH, _ROW, _TOP, _LEFT = 900, 44, 56, 12
_LONGEST = 68  # letters

_STYLE = (
    "text{font:12px ui-monospace,monospace;fill:currentColor}.title{font-weight:bold}.track{fill:currentColor;opacity:.08}"
    ".time{fill:#3b76c4}.memory{fill:#2f9e6e}.arithmetic{fill:#d17a22}"
)


class Bar(NamedTuple):
    """A row: its text and numbers, and three shares from 0 to 1: of the time, of the bandwidth, and of the peak."""

    text: str
    numbers: str
    time: float
    memory: float
    arithmetic: float


def picture(title: str, bars: Sequence[Bar]) -> str:
    """An SVG element that needs nothing else. Blue: share of the time; green: of the bandwidth; orange: of the peak."""
    height = _TOP + _ROW * len(bars) + 8
    rows = "".join(_row(_TOP + _ROW * place, bar) for place, bar in enumerate(bars))
    legend = "".join(
        f'<rect class="{kind}" x="{_LEFT + 160 * place}" y="30" width="10" height="10"/>'
        f'<text x="{_LEFT + 16 + 160 * place}" y="39">{text}</text>'
        for place, (kind, text) in enumerate(
            [("time", "share of the time"), ("memory", "of the bandwidth"), ("arithmetic", "of the peak")]
        )
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}"><title>{escape(title)}</title><style>{_STYLE}</style>'
        f'<text class="title" x="{_LEFT}" y="18">{escape(title)}</text>{legend}{rows}</svg>'
    )


def _row(top: int, bar: Bar) -> str:
    whole = _WIDTH - 2 * _LEFT
    short = bar.text if len(bar.text) <= _LONGEST else f"{bar.text[: _LONGEST - 1]}…"
    shares = (("time", bar.time, 10, 8), ("memory", bar.memory, 20, 4), ("arithmetic", bar.arithmetic, 25, 4))
    bars = "".join(
        f'<rect class="track" x="{_LEFT}" y="{top + down + 6}" width="{whole}" height="{high}"/>'
        f'<rect class="{kind}" x="{_LEFT}" y="{top + down + 6}" width="{whole * min(share, 1.0):.1f}" height="{high}"/>'
        for kind, share, down, high in shares
    )
    return (
        f"<g><title>{escape(bar.text)}</title>"
        f'<text x="{_LEFT}" y="{top + 11}">{escape(short)}</text>'
        f'<text x="{_WIDTH - _LEFT}" y="{top + 11}" text-anchor="end">{escape(bar.numbers)}</text>{bars}</g>'
    )


def page(title: str, svg: str) -> str:
    """An HTML page with the picture."""
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        "<style>:root{color-scheme:light dark}body{margin:2rem;font-family:system-ui}svg{max-width:100%;height:auto}</style>"
        f"<body>{svg}</body></html>\n"
    )
