"""Terms drawn as graphs: a small layered layout, and its picture as inline SVG."""

from __future__ import annotations

from collections.abc import Callable, Collection
from html import escape
from typing import Any

from etude.terms import Term, is_leaf, postorder
from etude.text.printer import to_text

__all__ = ["LARGEST", "drawn", "layered"]

LARGEST = 150  # nodes that a picture shows; of a larger term only the part next to its root
_ROW, _GAP, _LETTER, _HEIGHT = 58, 14, 8, 30
_ORDERINGS = 4


def layered(root: Term) -> tuple[dict[Term, tuple[int, int]], list[tuple[Term, Term]]]:
    """The centers of the nodes, and the edges from node to operand: a node lies below all that use it."""
    shown, depth = _depths(root)
    edges = [(node, part) for node in shown for part in dict.fromkeys(_parts(node)) if part in depth]
    rows: dict[int, list[Term]] = {}
    for node in shown:
        rows.setdefault(depth[node], []).append(node)
    users: dict[Term, list[tuple[Term, int]]] = {node: [] for node in shown}
    for node, part in edges:
        users[part].append((node, node.operands.index(part)))
    centers: dict[Term, tuple[int, int]] = {}
    for _ in range(_ORDERINGS):
        for level, row in sorted(rows.items()):
            row.sort(key=lambda node: _middle(users[node], centers))
            _spread(row, level, centers)
    widest = max(_edge(row, centers) for row in rows.values())
    for row in rows.values():
        shift = (widest - _edge(row, centers)) // 2
        for node in row:
            centers[node] = centers[node][0] + shift, centers[node][1]
    return centers, edges


def _depths(root: Term) -> tuple[list[Term], dict[Term, int]]:
    """The nodes nearest to the root, users first, each with its longest distance from the root."""
    near, frontier = {root: None}, [root]
    while frontier and len(near) < LARGEST:
        fresh = dict.fromkeys(part for node in frontier for part in _parts(node) if part not in near)
        frontier = list(fresh)[: LARGEST - len(near)]
        near.update(dict.fromkeys(frontier))
    order = [node for node in reversed(postorder(root)) if node in near]
    depth = dict.fromkeys(order, 0)
    for node in order:
        for part in _parts(node):
            if part in depth:
                depth[part] = max(depth[part], depth[node] + 1)
    return order, depth


def _parts(node: Term) -> tuple[Any, ...]:
    return () if is_leaf(node) else node.operands


def _middle(users: list[tuple[Term, int]], centers: dict[Term, tuple[int, int]]) -> float:
    """Where the users of a node are, on average; operands of one user keep their order."""
    known = [centers[user][0] + 0.1 * position for user, position in users if user in centers]
    return sum(known) / len(known) if known else 0.0


def _spread(row: list[Term], level: int, centers: dict[Term, tuple[int, int]]) -> None:
    left = 0
    for node in row:
        wide = _width(node)
        centers[node] = left + wide // 2, level * _ROW + _HEIGHT
        left += wide + _GAP


def _edge(row: list[Term], centers: dict[Term, tuple[int, int]]) -> int:
    return max(centers[node][0] + _width(node) // 2 for node in row)


def _label(node: Term) -> str:
    if is_leaf(node):
        return to_text(node, 24)
    op = node._tuple[0]
    usual = zip(op.attributes.items(), node.attributes, strict=True)
    given = [f"{name}={value}" for (name, default), value in usual if value is not None and value != default]
    text = f"{op.name} {' '.join(given)}".strip()
    return text if len(text) <= 26 else f"{text[:25]}…"


def _width(node: Term) -> int:
    return _LETTER * len(_label(node)) + 20


def drawn(root: Term, marked: Collection[Term] = (), label: Callable[[Term], str] = _label) -> str:
    """The picture of a term as an SVG element; `marked` nodes stand out. Its title is the term's text."""
    centers, edges = layered(root)
    width = max(x + _width(node) // 2 for node, (x, _) in centers.items()) + 12
    height = max(y for _, y in centers.values()) + _HEIGHT
    lines = [
        f'<line x1="{centers[a][0] + 6}" y1="{centers[a][1] + 15}" x2="{centers[b][0] + 6}" y2="{centers[b][1] - 15}"/>'
        for a, b in edges
    ]
    boxes = [_box(node, x + 6, y, node in marked, label(node)) for node, (x, y) in centers.items()]
    text = escape(to_text(root, 300))
    return (
        f'<svg role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"<title>{text}</title>{''.join(lines)}{''.join(boxes)}</svg>"
    )


def _box(node: Term, x: int, y: int, marked: bool, label: str) -> str:
    kind = "leaf" if is_leaf(node) else "op"
    wide = _width(node)
    return (
        f'<g class="{kind}{" changed" * marked}">'
        f'<rect x="{x - wide // 2}" y="{y - 15}" width="{wide}" height="{_HEIGHT}" rx="7"/>'
        f'<text x="{x}" y="{y + 5}">{escape(label)}</text></g>'
    )
