"""The layered layout of terms: nodes below their users, no two on one another, large terms cut short."""

import etude as et
from etude.text.drawing import LARGEST, drawn, layered


def test_operands_lie_below_and_in_order():
    term = et.parse("sin(x) * exp(y) - sin(x)").term
    centers, edges = layered(term)
    assert len(centers) == 6
    assert all(centers[user][1] < centers[part][1] for user, part in edges)
    assert len(set(centers.values())) == len(centers)
    matmul = (et.matrix("A") @ et.matrix("B")).term
    places = layered(matmul)[0]
    assert places[matmul.operands[0]][0] < places[matmul.operands[1]][0]


def test_deep_and_wide_terms_are_cut_short():
    deep = et.scalar("x")
    for _ in range(3000):
        deep = et.sin(deep)
    assert len(layered(deep.term)[0]) == LARGEST
    assert drawn(deep.term).count("<rect") == LARGEST


def test_marked_nodes_stand_out():
    term = et.parse("sin(x)").term
    assert drawn(term, {term}).count("changed") == 1
    assert "changed" not in drawn(term)
