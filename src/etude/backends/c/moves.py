"""Kernels that move elements: results that are copies, concatenations, elements set or added to at some places."""

from __future__ import annotations

from etude.backends.c.nodes import row_major
from etude.backends.c.scalars import C_TYPES
from etude.backends.c.writer import Access, Writer, element, nest

__all__ = ["changed", "concatenated", "results"]


def results(writer: Writer) -> str:
    """Copies for outputs that no kernel writes."""
    parts = []
    for place in writer.copied():
        number = writer.graph.outputs[place]
        node, pointers = writer.graph.nodes[number], dict[int, str]()
        source = writer.element(number, node.shape, pointers)
        kind = C_TYPES[node.dtype.char]
        target = Access("r", 0, row_major(node.shape))
        body = nest(node.shape, [(target, "=", source)])
        declared = f"  {kind} *r = ({kind} *)O[{place}];\n"
        parts.append("  {\n" + "".join(pointers.values()) + declared + body + "  }\n")
    return "".join(parts)


def concatenated(writer: Writer, number: int) -> str:
    node = writer.graph.nodes[number]
    axis, start = node.axes[0], 0
    pointers: dict[int, str] = {}
    out, text = writer.store(number, pointers), ""
    for arg in node.args:
        shape = writer.graph.nodes[arg].shape
        if writer.graph.base_of(arg) not in writer.plan.inside:
            target = out._replace(offset=out.offset + start * out.steps[axis])
            text += nest(shape, [(target, "=", writer.element(arg, shape, pointers))])
        start += shape[axis]
    return "".join(pointers.values()) + text


def changed(writer: Writer, number: int) -> str:
    """A copy of the first operand in which the second is set or added at some places."""
    node = writer.graph.nodes[number]
    pointers: dict[int, str] = {}
    whole, text = writer.store(number, pointers), ""
    if writer.graph.base_of(node.args[0]) not in writer.plan.inside:
        text = nest(node.shape, [(whole, "=", writer.element(node.args[0], node.shape, pointers))])
    out = whole.pointer
    view, domain = node.spec[:2]
    how = "+=" if node.op == "add_at" else "="
    if node.dtype.kind == "b" and how == "+=":
        how = "|="
    value = writer.element(node.args[1], domain, pointers)
    if len(node.spec) == 2:
        text += nest(domain, [(Access(out, view.offset, view.strides), how, value)])
        return "".join(pointers.values()) + text
    axis, size, width = node.spec[2:]
    index = node.args[2]
    text += writer.check_index(index, size, pointers)
    names = [f"i{place}" for place in range(len(domain))]
    rank = len(domain)
    steps = (*view.strides[:axis], *[0] * width, *view.strides[axis + 1 :])
    picked = writer.index_access(index, axis, width, rank, pointers)
    before = f"int64_t x = {element(picked, names)}; x = (x < 0 ? x + {size} : x) * {view.strides[axis]}; "
    return "".join(pointers.values()) + text + nest(domain, [(Access(f"{out}[x + ", view.offset, steps), how, value)], before)
