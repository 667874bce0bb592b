"""What is promised about gradients: one test for each promise."""

import warnings

import numpy as np
import pytest

import etude as et

x, z = et.scalar("x"), et.scalar("z")
v, f, A = et.vector("v"), et.vector("f", dtype="float32"), et.matrix("A")
i = et.scalar("i", dtype="int64")
c = x**2
undefined = et.undefined_grad(x) * 2
named = x**2 * 2
named.name = "cost"


def at(array, **values):
    given = {"x": x, "z": z, "v": v, "f": f, "A": A, "i": i}
    return np.asarray(array.eval({given[name]: value for name, value in values.items()})).tolist()


HOLDS = {
    "a list gives a list": lambda: type(et.grad(c, [x])) is list and et.grad(c, []) == [],
    "a tuple gives a tuple": lambda: type(et.grad(c, (x,))) is tuple and et.grad(c, ()) == (),
    "a generator gives a list": lambda: type(et.grad(c, (s for s in [x]))) is list,
    "duplicates": lambda: [str(g) for g in et.grad(c, [x, x])] == ["2 * x", "2 * x"],
    "an integer cost": lambda: at(et.grad(i * i, i), i=3) == 6 and et.grad(i * i, i).dtype == np.float64,
    "a truth value as cost": lambda: at(et.grad(x > 0, x), x=1.0) == 0,
    "the cost itself": lambda: [at(g, x=3.0) for g in et.grad(c, [c, x])] == [1, 6],
    "an intermediate": lambda: str(et.grad(et.sin(c), c)) == "cos(x**2)",
    "a constant, every occurrence of it": lambda: at(et.grad(x * et.constant(2.0) + 2.0, et.constant(2.0)), x=5.0) == 6,
    "consider_constant": lambda: at(et.grad(x * c, x, consider_constant=[c]), x=3.0) == 9,
    "consider_constant as a generator": lambda: at(et.grad(x * c, x, consider_constant=(s for s in [c])), x=3.0) == 9,
    "consider_constant as a set": lambda: at(et.grad(x * c, x, consider_constant={c}), x=3.0) == 9,
    "known_grads without a cost": lambda: at(et.grad(None, x, known_grads={c: et.constant(2.0)}), x=3.0) == 12,
    "known_grads of the cost": lambda: at(et.grad(c, x, known_grads={c: et.constant(2.0)}), x=3.0) == 12,
    "zeros of the type of wrt": lambda: et.grad(c, f, disconnected_inputs="ignore").dtype == np.float32,
    "none": lambda: et.grad(c, f, disconnected_inputs="ignore", return_disconnected="none") is None,
    "disconnected": lambda: isinstance(et.grad(c, f, disconnected_inputs="ignore", return_disconnected="disconnected"), et.DisconnectedType),
    "a null gradient": lambda: "undefined" in et.grad(undefined, x, null_gradients="return").why,
    "null_type is one": lambda: isinstance(et.null_type, et.NullType),
    "slope zero": lambda: [at(et.grad(h(x), x), x=1.5) for h in (et.floor, et.ceil, et.sign, et.round, lambda a: (a > 0) * 1.0)] == [0] * 5,
    "a cast to integers": lambda: at(et.grad(x.astype("int64") * x, x), x=1.5) == 1,
    "argmax": lambda: at(et.grad(et.argmax(v) * 1.0, v), v=np.ones(2)) == [0, 0],
    "sizes are constants": lambda: at(et.grad(v.shape[0] * et.sum(v), v), v=np.ones(3)) == [3, 3, 3],
    "float32 stays": lambda: et.grad((f * x).sum(), f).dtype == np.float32,
    "broadcasting at run time": lambda: at(et.grad((v + f).sum(), v), v=np.ones(1), f=np.ones(3, "f4")) == [3],
    "ties": lambda: at(et.grad(et.max(v), v), v=np.array([1.0, 1.0, 0.0])) == [0.5, 0.5, 0],
    "kinks": lambda: at(et.grad(abs(x), x), x=0.0) == 0 and at(et.grad(et.sqrt(x**2), x), x=0.0) == 0 and at(et.grad(et.linalg.norm(v), v), v=np.zeros(2)) == [0, 0],
    "clip upside down": lambda: at(et.clip(x, 2.0, 1.0), x=5.0) == 1,
    "stable": lambda: abs(at(et.derivative(et.log(1 + et.exp(x)), x, 2), x=40.0) / 4.248354255291589e-18 - 1) < 1e-10,
    "a name": lambda: et.grad(named, x).name == "(dcost/dx)" and et.grad(named, x, add_names=False).name is None,
    "Rop of a container": lambda: type(et.Rop([c], [x], [x])) is list and type(et.Rop((c,), x, x)) is tuple,
    "Rop has the type of f": lambda: et.Rop(f * 2, f, f).dtype == np.float32 and at(et.Rop(et.floor(v), v, v), v=np.ones(3)) == [0, 0, 0],
    "Lop of a container": lambda: type(et.Lop([c], (x,), [x])) is tuple,
    "jacobian": lambda: at(et.jacobian(A @ v, v), A=np.arange(6.0).reshape(2, 3), v=np.ones(3)) == [[0, 1, 2], [3, 4, 5]],
    "jacobian of nothing": lambda: np.shape(et.jacobian(v**2, v).eval({v: np.ones(0)})) == (0, 0),
    "hessian of any rank": lambda: np.shape(at(et.hessian((A**2).sum(), A), A=np.ones((2, 3)))) == (2, 3, 2, 3) and at(et.hessian(c, x), x=1.0) == 2,
    "hessian of several": lambda: [[np.shape(at(h, x=1.0, v=np.ones(2))) for h in row] for row in et.hessian(c * (v**2).sum(), [x, v])] == [[(), (2,)], [(2,), (2, 2)]],
    "hessian times vector": lambda: at(et.hessian_vector_product((v**3).sum(), [v], [v])[0], v=np.ones(2)) == [6, 6],
    "derivative": lambda: str(et.derivative(x**3, x, n=2)) == "6 * x" and str(et.derivative(x**3, x, 0)) == "x**3",
    "grad_clip": lambda: at(et.grad(et.grad_clip(x, -1, 1) ** 2, x), x=3.0) == 1,
    "grad_scale": lambda: at(et.grad(et.grad_scale(x, 0.5) ** 2, x), x=3.0) == 3,
    "zero_grad": lambda: at(et.grad(et.zero_grad(x) * x, x), x=3.0) == 3,
}  # fmt: skip


@pytest.mark.parametrize("promise", HOLDS)
def test_holds(promise):
    assert HOLDS[promise]()


REFUSED = {
    "a cost that is no scalar": (lambda: et.grad(v, v), TypeError, "v.*scalar"),
    "neither cost nor known gradients": (lambda: et.grad(None, x), ValueError, "cost.*known_grads"),
    "no known gradients in the mapping": (lambda: et.grad(None, x, known_grads={}), ValueError, "known_grads"),
    "consider_constant that is an Array": (lambda: et.grad(c, x, consider_constant=c), TypeError, "consider_constant"),
    "consider_constant that is a number": (lambda: et.grad(c, x, consider_constant=5), TypeError, "consider_constant"),
    "consider_constant of numbers": (lambda: et.grad(c, x, consider_constant=[5]), TypeError, r"consider_constant\[0\]"),
    "an integer known gradient": (lambda: et.grad(c, x, known_grads={c: et.constant(2)}), TypeError, "floating"),
    "a known gradient of another shape": (lambda: et.grad(None, v, known_grads={v * 2: et.constant(2.0)}), ValueError, "shape"),
    "a null known gradient": (lambda: et.grad(c, x, known_grads={c: et.NullType("because")}), et.NullTypeGradError, "because"),
    "a disconnected known gradient": (lambda: et.grad(c, x, known_grads={c: et.disconnected_type}), et.DisconnectedInputError, "known_grads"),
    "disconnected_inputs": (lambda: et.grad(c, x, disconnected_inputs="foo"), ValueError, "disconnected_inputs"),
    "return_disconnected": (lambda: et.grad(c, x, return_disconnected=None), ValueError, "return_disconnected"),
    "null_gradients": (lambda: et.grad(c, [], null_gradients="Raise"), ValueError, "null_gradients"),
    "an option without a hash": (lambda: et.grad(c, x, null_gradients=[]), ValueError, "null_gradients"),
    "no connection": (lambda: et.grad(named, z), et.DisconnectedInputError, "cost.*z.*not occur"),
    "a connection that a rule cuts": (lambda: et.grad(v.shape[0] * 1.0, v), et.DisconnectedInputError, r"v.*d\(size.*rules"),
    "undefined": (lambda: et.grad(undefined, x), et.NullTypeGradError, "x.*undefined_grad"),
    "null is a TypeError": (lambda: et.grad(undefined, x), TypeError, "x"),
    "disconnected is a ValueError": (lambda: et.grad(c, z), ValueError, "z"),
    "Rop with too many points": (lambda: et.Rop(c, [x], [x, x]), ValueError, "eval_points"),
    "Rop with a point of another rank": (lambda: et.Rop(c, x, v), ValueError, "dimensions"),
    "Rop without connection": (lambda: et.Rop(c, z, x), et.DisconnectedInputError, r"x\*\*2.*does not depend on z"),
    "Rop of what is undefined": (lambda: et.Rop(undefined, x, x), et.NullTypeGradError, "undefined"),
    "Lop with too many points": (lambda: et.Lop([c], [x], [x, x]), ValueError, "eval_points"),
    "Lop with a point of another rank": (lambda: et.Lop(c, [x], [v]), ValueError, "dimensions"),
    "a derivative of a vector": (lambda: et.derivative(v, v), TypeError, "v"),
    "bounds upside down": (lambda: et.grad_clip(x, 2, 1), ValueError, "bound"),
    "subgraph_grad without a start": (lambda: et.subgraph_grad([x], [c]), ValueError, "start"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what):
    build, error, message = REFUSED[what]
    with pytest.raises(error, match=message):
        build()


def test_one_warning_for_each():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        et.grad(c, [z, et.scalar("u")], disconnected_inputs="warn")
    assert [w.category for w in caught] == [UserWarning, UserWarning]


def test_known_gradients_are_never_renamed():
    known = 2 * et.scalar("g")
    known.name = "mine"
    et.grad(named, x, known_grads={named: known})
    assert known.name == "mine"


def test_subgraph_grad_in_parts():
    mid = et.sin(x)
    wrt_grads, end_grads = et.subgraph_grad([x], [mid], cost=mid**2)[:2]
    assert len(wrt_grads) == len(end_grads) == 1 and np.isclose(at(end_grads[0], x=1.0), 2 * np.sin(1))
    detailed = et.subgraph_grad([x], [x], start={mid: et.constant(1.0)}, cost=mid**2, details=True)
    assert len(detailed) == 4


def test_verify_grad():
    rng = np.random.default_rng(0)
    et.verify_grad(lambda a, b: a @ b, [np.ones((2, 3)), np.ones(3)], rng=rng)
    et.verify_grad(et.sin, [np.ones(3, "float32")], rng=rng)
    with pytest.raises(et.GradientError, match="argument 0"):
        et.verify_grad(lambda a: et.consider_constant(a) * a, [np.full(3, 2.0)], rng=rng)
