"""Derivations for people: as text, as LaTeX, as a page to step through."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from etude.rewriting import Derivation, Step
from etude.terms import Term, postorder
from etude.text import to_latex, to_text
from etude.text.drawing import drawn

__all__ = ["Explanation"]

_LONGEST = 600  # letters of a term's text beside its graph
_LISTED = 60  # letters in the list of steps


class Explanation(Derivation):
    r"""The steps that led to an expression. Iterating gives each `Step`; its text is written as expressions are.

    >>> import etude as et
    >>> x = et.scalar("x")
    >>> print(et.explain(et.simplify(et.exp(et.log(x)))).latex())
    \begin{aligned}
    & \exp\left(\log\left(x\right)\right) \\
    &\to x && \text{exp\_log, rules/simplify/exponential.rules:2}
    \end{aligned}
    """

    __slots__ = ("result",)

    def __init__(self, steps: Any = (), result: Term | None = None):
        super().__init__(steps)
        self.result = result

    def text(self, printer: Callable[[Any], str] = to_text) -> str:
        return super().text(printer)

    def latex(self) -> str:
        """The steps as an `aligned` block of LaTeX, one a line with its rule; a step that goes on from the one before
        starts with an arrow, another one with its own left side.
        """
        lines: list[str] = []
        last: Term | None = None
        for step in self:
            if step.before is not last:
                lines.append(f"& {to_latex(step.before)}")
            lines.append(rf"&\to {to_latex(step.after)} && \text{{{_plain(_reason(step))}}}")
            last = step.after
        if not lines:
            lines.append(f"& {to_latex(self.result)}" if self.result is not None else "&")
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def html(self, path: str | Path) -> None:
        """Write a page that needs nothing else: the steps as a list, and each step's two sides drawn as graphs with what
        changed standing out. Buttons and the arrow keys step forward and back.

        Raises OSError where the file cannot be written.
        """
        Path(path).write_text(self._page(), encoding="utf-8")

    def _page(self) -> str:
        page = resources.files("etude.api").joinpath("derivation.html").read_text(encoding="utf-8")
        result = "" if self.result is None else to_text(self.result, _LONGEST)
        parts = {
            "RESULT": escape(result),
            "COUNT": str(len(self)),
            "LIST": "\n".join(_listed(number, step) for number, step in enumerate(self, 1)),
            "STEPS": "\n".join(_shown(number, step) for number, step in enumerate(self, 1)) or _nothing(self.result),
        }
        for name, text in parts.items():
            page = page.replace(f"<!--{name}-->", text)
        return page


def _reason(step: Step) -> str:
    return f"{step.rule}, {step.file}:{step.line}" if step.file else step.rule


def _plain(text: str) -> str:
    return text.replace("\\", r"\textbackslash{}").replace("_", r"\_").replace("#", r"\#").replace("%", r"\%").replace("&", r"\&")


def _listed(number: int, step: Step) -> str:
    return (
        f'<li><button type="button" data-step="{number}"><b>{escape(step.rule)}</b> '
        f"<code>{escape(_short(to_text(step.after, _LONGEST)))}</code></button></li>"
    )


def _short(text: str) -> str:
    return text if len(text) <= _LISTED else f"{text[: _LISTED - 1]}…"


def _shown(number: int, step: Step) -> str:
    """One step: its rule with its place, and both sides as text and as graphs."""
    before, after = set(postorder(step.before)), set(postorder(step.after))
    place = f"{step.file}:{step.line}" if step.file else ""
    sides = "".join(
        f"<figure><figcaption>{word} <code>{escape(to_text(term, _LONGEST))}</code></figcaption>"
        f'<div class="graph" tabindex="0">{drawn(term, changed)}</div></figure>'
        for word, term, changed in (("before", step.before, before - after), ("after", step.after, after - before))
    )
    return (
        f'<section data-step="{number}" aria-label="step {number}"{" hidden" * (number > 1)}>'
        f"<h2>{escape(step.rule)} <small>{escape(place)}</small></h2><div class=\"sides\">{sides}</div></section>"
    )


def _nothing(result: Term | None) -> str:
    graph = "" if result is None else f'<div class="graph" tabindex="0">{drawn(result)}</div>'
    return f'<section data-step="1"><h2>no step: nothing was rewritten</h2>{graph}</section>'
