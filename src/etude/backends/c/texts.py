"""The text of every kernel of a schedule, by the kind of its nodes."""

from __future__ import annotations

from collections.abc import Iterator

from etude.backends.c.bodies import bodied
from etude.backends.c.bytecode import interpreted, is_long
from etude.backends.c.callbacks import called
from etude.backends.c.lanes import along_lanes
from etude.backends.c.linear import factored
from etude.backends.c.loops import Loop
from etude.backends.c.moves import changed, concatenated, results
from etude.backends.c.products import product
from etude.backends.c.writer import Writer

__all__ = ["texts"]


def texts(writer: Writer) -> Iterator[str]:
    """The kernels in their order, then what fills outputs that no kernel writes. The functions that a text calls are
    among the writer's once it is given.
    """
    long = is_long(writer)
    for number, kernel in enumerate(writer.plan.kernels):
        text = interpreted(writer, kernel, number) if long else None
        if text is not None:
            writer.interpreted.add(number)
        yield _kernel(writer, number) if text is None else text
    yield results(writer)


def _kernel(writer: Writer, number: int) -> str:
    kernel = writer.plan.kernels[number]
    if kernel.domain is not None:
        return Loop(writer, kernel, kernel.domain, number).text()
    (member, *_) = kernel.members
    kind = writer.graph.nodes[member].kind
    if kind == "bodies":
        return bodied(writer, member, texts)
    return _BY_KIND.get(kind, changed)(writer, member)


_BY_KIND = {"matmul": product, "call": called, "concatenate": concatenated, "lanes": along_lanes, "lapack": factored}
