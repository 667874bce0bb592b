import pickle

import pytest

from etude.errors import TermTypeError
from etude.ops import CATALOGUE
from etude.program import ProgramError, check, lower
from etude.terms import constant, etuple, symbol

add, multiply, sin, exp = (CATALOGUE[name] for name in ("add", "multiply", "sin", "exp"))
x, y = symbol("x", (3,)), symbol("y", (3,))


def names(program):
    return [op.name for op in program.ops]


def test_shared_terms_are_computed_once():
    program, others = lower([add(sin(x), exp(sin(x))), sin(x)], [x])
    assert names(check(program)) == ["sin", "exp", "add"]
    assert others == []
    assert program.outputs == (3, 1)


def test_many_operands_are_split_and_equal_beginnings_shared():
    w, z = symbol("w", (3,)), symbol("z", (3,))
    program, _ = lower([add(x, y, w), add(x, y, z)], [x, y, w, z])
    assert program.operands == [(0, 1), (4, 2), (4, 3)]
    assert check(program) is program


def test_split_sums_have_numpys_intermediate_dtypes():
    small = symbol("small", (3,), "int32")
    single = symbol("single", (3,), "float32")
    program, _ = lower([add(small, small, single)], [small, single])
    assert [str(kind) for kind in program.types[2:]] == ["int32(3,)", "float64(3,)"]


def test_symbols_that_are_no_inputs_become_inputs_and_are_reported():
    program, others = lower([add(x, y)], [x])
    assert others == [y]
    assert program.inputs == ("x", "y")


def test_what_is_below_an_input_is_not_computed():
    program, others = lower([exp(sin(x))], [sin(x)])
    assert names(check(program)) == ["exp"]
    assert others == []


def test_inputs_and_constants_may_be_outputs():
    program, _ = lower([x, constant(2.0), x], [x])
    assert names(check(program)) == []
    assert program.outputs == (0, 1, 0)


def test_unused_inputs_keep_their_slots():
    program, _ = lower([sin(y)], [x, y])
    assert program.inputs == ("x", "y")
    assert program.last_use[0] == -1


def test_untyped_terms_are_refused():
    with pytest.raises(TermTypeError, match="no array type"):
        lower([etuple(min, 1, 2)], [])


def test_instructions_show_what_is_read_for_the_last_time():
    program, _ = lower([multiply(sin(x), sin(x))], [x])
    assert [row.frees for row in program] == [(0,), (1,)]
    assert program[-1].output == 2
    assert str(program) == (
        "program(x: float64(3,))\n"
        "  %1 = sin(x): float64(3,)\n"
        "  %2 = multiply(%1, %1): float64(3,)  # frees %1\n"
        "  return %2"
    )


def test_text_names_numbers_attributes_and_tables():
    term = CATALOGUE["sum"](multiply(x, 2.0), axis=0)
    program, _ = lower([add(term, constant([1.0, 2.0]))], [x])
    text = str(program)
    assert "multiply(x, 2.0)" in text
    assert "sum(%3, axis=None, keepdims=False): float64()" in text
    assert "%2 = constant float64(2,)" in text


def test_long_programs_are_shown_in_part():
    term = x
    for _ in range(50):
        term = sin(term)
    text = lower([term], [x])[0].text(limit=10)
    assert "... 40 more ..." in text
    assert len(text.splitlines()) == 13


def test_programs_pickle():
    program, _ = lower([add(multiply(x, constant([1.0, 2.0, 3.0])), 1.0)], [x])
    again = pickle.loads(pickle.dumps(program))
    assert str(again) == str(program)
    assert str(check(again).types) == str(program.types)


def test_deep_terms_lower():
    term = symbol("s")
    for _ in range(50_000):
        term = sin(term)
    program, _ = lower([term], [symbol("s")])
    assert len(program) == 50_000
    assert program.operands[-1] == (49_999,)


def broken(change):
    program, _ = lower([add(sin(x), y)], [x, y])
    change(program)
    return program


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.operands.__setitem__(0, (3,)), "reads %3 before it is written"),
        (lambda p: p.operands.__setitem__(1, (2, 99)), "reads %99 before it is written"),
        (lambda p: p.operands.__setitem__(1, (0, 1)), "nothing needs %2 = sin"),
        (lambda p: p.types.__setitem__(3, symbol("z").type), "should have type"),
        (lambda p: p.types.append(x.type), "types for"),
        (lambda p: p.attributes.pop(), "attributes"),
        (lambda p: setattr(p, "outputs", (7,)), "output %7 is no slot"),
        (lambda p: setattr(p, "constants", (1.0,)), "types for"),
    ],
)
def test_the_check_names_the_fault(change, message):
    with pytest.raises(ProgramError, match=message):
        check(broken(change))


def test_the_check_compares_constants_with_their_types():
    program, _ = lower([add(x, constant([1.0, 2.0, 3.0]))], [x])
    program.constants = (1.0,)
    with pytest.raises(ProgramError, match=r"constant 1.0 is not of type float64\(3,\)"):
        check(program)
