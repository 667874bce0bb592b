"""Chains of matrix products: the order that is chosen, how many multiplications it takes, and that the value is the same."""

from itertools import pairwise

import numpy as np
import pytest

import etude as et
from etude.rewriting.chains import LONGEST, in_best_order
from etude.terms import postorder

SIZES = (30, 35, 15, 5, 10, 20, 25)  # Cormen et al., section 14.2: 15,125 multiplications
BOOK = [et.symbol(f"A{place}", pair) for place, pair in enumerate(pairwise(SIZES), 1)]
A, B, C = et.symbol("A", (50, 60)), et.symbol("B", (60, 70)), et.symbol("C", (70, 5))
U, V = et.symbol("u", (50,)), et.symbol("v", (5,))


def multiplications(*roots):
    found = 0
    for term in postorder(*roots):
        if str(term._tuple[0]) == "matmul":
            found += int(np.prod(term.type.shape, dtype=int)) * term._tuple[1].type.shape[-1]
    return found


def ordered(expr):
    (found,) = in_best_order([expr.term])
    assert found.type is expr.term.type
    return et.from_term(found)


def product(factors):
    whole = factors[0]
    for factor in factors[1:]:
        whole = whole @ factor
    return whole


def test_the_textbook_chain():
    found = ordered(product(BOOK))
    assert str(found) == "A1 @ (A2 @ A3) @ (A4 @ A5 @ A6)"
    assert (multiplications(product(BOOK).term), multiplications(found.term)) == (40_500, 15_125)


@pytest.mark.parametrize("seed", range(20))
def test_no_order_takes_fewer(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 12, 7).tolist()
    least = {(i, i + 1): 0 for i in range(6)}
    for width in range(2, 7):
        for i in range(7 - width):
            j = i + width
            least[i, j] = min(least[i, k] + least[k, j] + sizes[i] * sizes[k] * sizes[j] for k in range(i + 1, j))
    factors = [et.symbol(f"M{i}", (sizes[i], sizes[i + 1])) for i in range(6)]
    for chain in (product(factors), product([each.T for each in factors[::-1]]), product(factors[:3]).T.T @ product(factors[3:])):
        found = ordered(chain)
        assert multiplications(found.term) == least[0, 6]
        values = {factor: rng.normal(size=factor.shape) for factor in factors}
        np.testing.assert_allclose(found.eval(values), chain.eval(values), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("chain", "wanted"),
    [
        (A @ B @ C @ V, "A @ (B @ (C @ v))"),
        (U @ (A @ (B @ C)), "u @ A @ B @ C"),
        ((A @ B @ C).T @ U, "C.T @ (B.T @ (A.T @ u))"),
        (U @ (A @ B @ C) @ V, "u @ A @ B @ C @ v"),
        (((A @ B) @ (C @ V)) @ A, "A @ (B @ (C @ v)) @ A"),
        ((C.T @ B.T) @ (A.T @ A), "(A @ (B @ C)).T @ A"),
        (et.exp(A @ B @ C) @ V, "exp(A @ (B @ C)) @ v"),
    ],
)
def test_vectors_and_transposes(chain, wanted):
    found = ordered(chain)
    assert str(found) == wanted
    assert multiplications(found.term) < multiplications(chain.term)
    draw = np.random.default_rng(1)
    values = {leaf: draw.normal(size=leaf.shape) / 10 for leaf in (A, B, C, U, V) if leaf.term in postorder(chain.term)}
    np.testing.assert_allclose(found.eval(values), chain.eval(values), rtol=1e-9, atol=1e-9)


def test_a_product_that_is_used_again_is_kept_where_that_is_less_work():
    n = 40
    M, N, x = et.symbol("M", (n, n)), et.symbol("N", (n, n)), et.symbol("x", (n,))
    assert str(ordered(et.sum(M @ N) + et.sum(M @ N @ x))) == "sum(M @ N) + sum(M @ N @ x)"
    both = (M @ N).T @ (M @ N @ x)
    assert str(ordered(both)) == "N.T @ (M.T @ (M @ (N @ x)))"
    assert (multiplications(both.term), multiplications(ordered(both).term)) == (n**3 + 2 * n**2, 4 * n**2)


def test_several_results_share_what_they_share():
    M, N, x = (et.symbol(name, shape) for name, shape in (("M", (40, 40)), ("N", (40, 40)), ("x", (40,))))
    assert in_best_order([(M @ N).term, (M @ N @ x).term]) == [(M @ N).term, (M @ N @ x).term]


def test_sizes_that_are_not_known():
    M, N, K = (et.symbol(name, ("n", "n")) for name in "MNK")
    P, x = et.symbol("P", ("n", 10)), et.symbol("x", ("n",))
    assert str(ordered(M @ N @ K @ x)) == "M @ (N @ (K @ x))"
    assert str(ordered(M @ N @ P)) == "M @ (N @ P)"
    assert str(ordered(P @ (P.T @ M))) == "P @ (P.T @ M)"
    assert str(ordered((P @ P.T) @ M)) == "P @ (P.T @ M)"
    F, G, y = et.matrix("F"), et.matrix("G"), et.vector("y")
    assert str(ordered(F @ G @ y)) == "F @ (G @ y)"
    W, Z = et.symbol("W", ("n", 200)), et.symbol("Z", (200, "m"))
    assert ordered(W @ (Z @ et.symbol("L", ("m", "k")))).term is (W @ (Z @ et.symbol("L", ("m", "k")))).term


def test_stacks_are_multiplied_by_what_they_cost_together():
    A, B, u = et.symbol("A", (7, 50, 50)), et.symbol("B", (7, 50, 50)), et.symbol("u", (7, 50, 1))
    P, Q, R = et.symbol("P", (50, 50)), et.symbol("Q", (50, 2)), et.symbol("R", (2, 50))
    chains = {
        A @ B @ u: "A @ (B @ u)",
        (A @ B).mT @ u: "B.mT @ (A.mT @ u)",
        A @ P @ P: "A @ (P @ P)",
        (P @ A) @ Q: "P @ (A @ Q)",
        A @ B @ Q @ R: "A @ (B @ Q) @ R",
        P @ P @ A: "P @ P @ A",
    }
    draw = np.random.default_rng(1)
    at = {leaf: draw.normal(size=leaf.shape) for leaf in (A, B, u, P, Q, R)}
    for chain, best in chains.items():
        found = ordered(chain)
        assert str(found) == best
        used = {leaf: value for leaf, value in at.items() if leaf.term in et.terms.postorder(chain.term)}
        np.testing.assert_allclose(found.eval(used), chain.eval(used), rtol=1e-9, atol=1e-9)


def test_stacks_of_several_shapes_stay():
    A, B = et.symbol("A", (1, 50, 50)), et.symbol("B", (7, 50, 50))
    chain = A @ B @ et.symbol("u", (50, 1))
    assert in_best_order([chain.term]) == [chain.term]


def test_stacks_times_vectors_and_products_of_several_dtypes_stay():
    stack, x = et.symbol("stack", (7, 50, 50)), et.symbol("x", (50,))
    integers = et.symbol("i", (50, 50), "int64") @ et.symbol("j", (50, 50), "int64")
    for chain in (stack @ stack @ x, integers @ x, et.symbol("f", (50, 50), "float32") @ et.symbol("g", (50, 50)) @ x):
        assert in_best_order([chain.term]) == [chain.term]


def test_long_chains_begin_at_their_vector():
    M, x = et.symbol("M", (3, 3)), et.symbol("x", (3,))
    count = 5 * LONGEST
    assert multiplications(ordered(product([M] * count) @ x).term) == count * 9
    turned = x
    for _ in range(count):
        turned = M.T @ turned
    assert in_best_order([turned.term]) == [turned.term]
    powers = product([M] * count)
    assert in_best_order([powers.term]) == [powers.term]


def test_goal_and_program_take_the_order_and_the_step_is_told():
    chain = A @ B @ C @ V
    found = et.simplify(chain, goal="speed")
    assert str(found) == "A @ (B @ (C @ v))"
    assert ("chain_reordered", "rules/speed/products.rules") in [(step.rule, step.file) for step in et.explain(found)]
    assert str(et.simplify(chain)) == "A @ B @ C @ v"
    run = et.function([A, B, C, V], chain, backend="numpy")
    assert [op.name for op in run.program.ops] == ["matmul"] * 3
    assert [kind.shape for kind in run.program.types[-3:]] == [(70,), (60,), (50,)]
