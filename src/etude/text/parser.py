"""Text to terms: Python expression syntax with bare NumPy names, read with `ast` and never executed."""

from __future__ import annotations

import ast
import difflib
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from etude.errors import EtudeError, ParseError
from etude.ops import CATALOGUE
from etude.ops.binders import Body, parameter
from etude.ops.loops import parameter_types
from etude.terms import Term, TupleType, constant, symbol, symbol_name
from etude.text.literals import NAMED_NUMBERS
from etude.text.vocabulary import ATTRIBUTES, DTYPES, FUNCTIONS, cast, operand, subscript, updated

__all__ = ["parse_term"]

_BITS = 1024  # of the greatest integer that a power or a shift of literals is computed to
_NUMBERS = (bool, int, float, complex)
_BINARY: dict[type, tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("add", operator.add), ast.Sub: ("subtract", operator.sub), ast.Mult: ("multiply", operator.mul),
    ast.Div: ("divide", operator.truediv), ast.FloorDiv: ("floor_divide", operator.floordiv),
    ast.Mod: ("remainder", operator.mod), ast.Pow: ("power", operator.pow), ast.MatMult: ("matmul", operator.matmul),
    ast.BitAnd: ("bitwise_and", operator.and_), ast.BitOr: ("bitwise_or", operator.or_),
    ast.BitXor: ("bitwise_xor", operator.xor), ast.LShift: ("left_shift", operator.lshift),
    ast.RShift: ("right_shift", operator.rshift),
}  # fmt: skip
_UNARY: dict[type, tuple[str, Callable[[Any], Any]]] = {
    ast.USub: ("negative", operator.neg), ast.UAdd: ("positive", operator.pos), ast.Invert: ("invert", operator.invert),
    ast.Not: ("logical_not", operator.not_),
}  # fmt: skip
_COMPARE: dict[type, tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Lt: ("less", operator.lt), ast.LtE: ("less_equal", operator.le), ast.Gt: ("greater", operator.gt),
    ast.GtE: ("greater_equal", operator.ge), ast.Eq: ("equal", operator.eq), ast.NotEq: ("not_equal", operator.ne),
}  # fmt: skip
_PARTS: dict[type, tuple[str, ...]] = {
    ast.Constant: (), ast.Name: (), ast.BinOp: ("left", "right"), ast.UnaryOp: ("operand",), ast.BoolOp: ("values",),
    ast.Compare: ("left", "comparators"), ast.IfExp: ("test", "body", "orelse"), ast.Subscript: ("value", "slice"),
    ast.Slice: ("lower", "upper", "step"), ast.Tuple: ("elts",), ast.List: ("elts",), ast.Attribute: ("value",),
}  # fmt: skip
_REFUSED = {
    ast.Lambda: "lambda", ast.ListComp: "a comprehension", ast.GeneratorExp: "a comprehension", ast.Dict: "a dict",
    ast.Set: "a set", ast.JoinedStr: "an f-string", ast.NamedExpr: "an assignment", ast.Starred: "a star", ast.Await: "await",
}  # fmt: skip


def parse_term(text: str, names: Mapping[str, Term] | None = None) -> Term:
    """The term that `text` spells. Nothing is executed.

    `names` gives the symbols; other names are pi, e, inf, nan and euler_gamma, and beyond these float64 scalars.
    Numbers take the dtype of the array beside them; operators between numbers are computed. `a if c else b` is
    `where(c, a, b)`, `and`, `or`, `not` and chained comparisons act element by element.

    Raises ParseError with line and column.

    >>> parse_term("sin(x)**2 + cos(x)**2").type
    float64()
    """
    if not isinstance(text, str):
        raise TypeError(f"parse reads a str, not {type(text).__name__}")
    return _Reader(text, names or {}).term()


class _Reader:
    """One text on its way to a term."""

    def __init__(self, text: str, names: Mapping[str, Any]):
        self.text, self.names = text, names
        self.lead = len(text) - len(text.lstrip())

    def term(self) -> Term:
        body = self._tree().body
        value = self._value(body)
        try:
            made = value if isinstance(value, Term) else constant(_array_like(value))
        except (EtudeError, TypeError, ValueError, OverflowError):
            raise self.error(f"{_shown(value)} is no array expression", body) from None
        if isinstance(made.type, TupleType):
            raise self.error(f"the expression has several results {made.type}; take one of them, as in (...)[0]", body)
        return made

    # ---------------------------------------------------------------- places

    def error(self, message: str, node: ast.AST | None = None) -> ParseError:
        line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        shown = self.text.lstrip().splitlines() or [""]
        column = len(shown[min(line, len(shown)) - 1].encode()[:offset].decode(errors="ignore")) + 1
        return self._at(message, line, column)

    def _at(self, message: str, line: int, column: int) -> ParseError:
        before = self.text[: self.lead]
        if line == 1:
            column += len(before) - (before.rfind("\n") + 1)
        return ParseError(message, self.text, line + before.count("\n"), column)

    def _tree(self) -> ast.Expression:
        source = self.text[self.lead :].rstrip()
        if not source:
            raise self._at("the text is empty; an expression was expected", 1, 1)
        try:
            return ast.parse(source, mode="eval")
        except SyntaxError as error:
            raise self._syntax(source, error) from None
        except (RecursionError, MemoryError):
            raise self._at("the text is nested too deeply to be read; build the expression in parts", 1, 1) from None
        except ValueError as error:
            raise self._at(f"the text cannot be read: {error}", 1, 1) from None

    def _syntax(self, source: str, error: SyntaxError) -> ParseError:
        lines = source.splitlines()
        line, column = error.lineno or 1, error.offset or 0
        if column < 1 or line > len(lines):
            return self._at(f"the expression breaks off{_advice(source)}", len(lines), len(lines[-1]) + 1)
        message = error.msg if error.msg != "invalid syntax" else "this is no expression"
        return self._at(f"{message}{_advice(source)}", line, column)

    # ---------------------------------------------------------------- values, operands before operators

    def _value(self, root: ast.AST) -> Any:
        values: list[Any] = []
        stack: list[tuple[ast.AST | None, int]] = [(root, -1)]
        while stack:
            node, count = stack.pop()
            if count >= 0:
                given = values[len(values) - count :]
                del values[len(values) - count :]
                values.append(self._combined(node, given))
                continue
            parts = self._parts(node)
            stack.append((node, len(parts)))
            stack.extend([(part, -1) for part in reversed(parts)])
        return values[0]

    def _parts(self, node: ast.AST | None) -> Sequence[ast.AST | None]:
        """What has to be read before the node."""
        match node:
            case ast.Call(
                func=ast.Attribute(attr="set" | "add", value=ast.Subscript(value=ast.Attribute(attr="at") as at) as place)
            ):
                if len(node.args) != 1 or node.keywords:
                    raise self.error("x.at[i].set(v) and x.at[i].add(v) take one value", node)
                return at.value, place.slice, node.args[0]
            case ast.Call():
                self._check_call(node)
                if _has_bodies(node):
                    return [part for _, part in _arguments(node) if not isinstance(part, ast.Lambda)]
                return *node.args, *[keyword.value for keyword in node.keywords]
            case None:
                return ()
        if type(node) not in _PARTS:
            word = _REFUSED.get(type(node), type(node).__name__)
            raise self.error(f"{word} has no place in an expression of arrays", node)
        parts: list[ast.AST | None] = []
        for field in _PARTS[type(node)]:
            found = getattr(node, field)
            parts += found if isinstance(found, list) else [found]
        return parts

    def _combined(self, node: ast.AST | None, values: list[Any]) -> Any:
        if node is None:
            return None
        try:
            return _COMBINE[type(node)](self, node, values)
        except ParseError:
            raise
        except (EtudeError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise self.error(str(error), node) from None

    def constant(self, node: ast.Constant, values: list[Any]) -> Any:
        if node.value is ... or node.value is None or isinstance(node.value, (*_NUMBERS, str)):
            return node.value
        raise self.error(f"{node.value!r} is no number", node)

    def name(self, node: ast.Name, values: list[Any]) -> Any:
        name = node.id
        if name in self.names:
            return self.names[name]
        if name in NAMED_NUMBERS:
            return NAMED_NUMBERS[name]
        return DTYPES[name] if name in DTYPES else symbol(name)

    def binary(self, node: ast.BinOp, values: list[Any]) -> Any:
        name, compute = _BINARY[type(node.op)]
        if all(isinstance(value, _NUMBERS) for value in values):
            folded = self._folded(node, compute, values)
            if folded is not None:
                return folded
        operands = tuple(self._operands(node, values))
        try:
            return CATALOGUE[name].apply(operands)
        except EtudeError as error:
            hint = "; a power is written **" if name == "bitwise_xor" else ""
            raise self.error(f"{error}{hint}", node) from None

    def _folded(self, node: ast.BinOp, compute: Callable[[Any, Any], Any], values: list[Any]) -> Any:
        """The number that an operator between numbers gives; None where the array operator is to decide."""
        left, right = values
        integers = isinstance(left, int) and isinstance(right, int)
        if integers and isinstance(node.op, ast.Pow) and left.bit_length() * max(right, -right) > _BITS and abs(left) > 1:
            raise self.error(f"this power has more than {_BITS} bits; write it with a floating base", node)
        if integers and isinstance(node.op, ast.LShift) and right > _BITS:
            raise self.error(f"this shift has more than {_BITS} bits", node)
        try:
            found = compute(left, right)
        except (ArithmeticError, TypeError, ValueError):
            return None
        return None if isinstance(found, complex) and not isinstance(left + right, complex) else found

    def unary(self, node: ast.UnaryOp, values: list[Any]) -> Any:
        name, compute = _UNARY[type(node.op)]
        if isinstance(values[0], _NUMBERS) and (name != "invert" or isinstance(values[0], int)):
            return compute(values[0])
        return CATALOGUE[name].apply(tuple(self._operands(node, values)))

    def compare(self, node: ast.Compare, values: list[Any]) -> Any:
        found: Any = None
        for kind, left, right in zip(node.ops, values, values[1:], strict=False):
            if type(kind) not in _COMPARE:
                raise self.error("`in` and `is` have no meaning for arrays; compare with == and combine with `and`, `or`", node)
            name, compute = _COMPARE[type(kind)]
            numbers = isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS)
            one = compute(left, right) if numbers else CATALOGUE[name].apply(tuple(self._operands(node, [left, right])))
            found = one if found is None else CATALOGUE["logical_and"](found, one)
        return found

    def logic(self, node: ast.BoolOp, values: list[Any]) -> Any:
        op = CATALOGUE["logical_and" if isinstance(node.op, ast.And) else "logical_or"]
        found, *rest = self._operands(node, values)
        for value in rest:
            found = op(found, value)
        return found

    def choice(self, node: ast.IfExp, values: list[Any]) -> Any:
        return CATALOGUE["where"].apply(tuple(self._operands(node, values)))

    def sequence(self, node: ast.Tuple | ast.List, values: list[Any]) -> Any:
        return tuple(values) if isinstance(node, ast.Tuple) else values

    def slice(self, node: ast.Slice, values: list[Any]) -> Any:
        return slice(*values)

    def index(self, node: ast.Subscript, values: list[Any]) -> Any:
        if isinstance(values[0], (tuple, list)) and isinstance(values[1], int):
            return values[0][values[1]]
        return subscript(operand(values[0]), values[1])

    def attribute(self, node: ast.Attribute, values: list[Any]) -> Any:
        if node.attr not in ATTRIBUTES:
            known = ", ".join(ATTRIBUTES)
            raise self.error(f"arrays have no attribute {node.attr!r} here; known are {known}", node)
        return ATTRIBUTES[node.attr](_typed(values[0]))

    def call(self, node: ast.Call, values: list[Any]) -> Any:
        if isinstance(node.func, ast.Attribute):
            return updated(_typed(values[0]), values[1], values[2], node.func.attr)
        if _has_bodies(node):
            return self._binder(node, values)
        assert isinstance(node.func, ast.Name)
        name, count = node.func.id, len(node.args)
        args, named = values[:count], {str(k.arg): v for k, v in zip(node.keywords, values[count:], strict=True)}
        if name == "symbol":
            return self._quoted(node, args)
        if name == "complex" and all(isinstance(arg, (int, float)) for arg in args):
            return complex(*args)
        if name in DTYPES:
            if len(args) != 1 or named:
                raise self.error(f"{name}(...) takes one value", node)
            return cast(args[0], DTYPES[name])
        if any(arg is ... for arg in args):
            raise self.error("this text is abbreviated (...); print the expression in full to read it back", node)
        return FUNCTIONS[name](*args, **named)

    def _binder(self, node: ast.Call, values: list[Any]) -> Term:
        """An operator with bodies: each body is read once the types of its parameters are known."""
        op = CATALOGUE[node.func.id]  # type: ignore[attr-defined]  # a name, or this would be no call
        given = iter(values)
        read = [(key, part if isinstance(part, ast.Lambda) else next(given)) for key, part in _arguments(node)]
        bodies = {key or "body": part for key, part in read if isinstance(part, ast.Lambda)}
        operands = [operand(part) for key, part in read if key is None and not isinstance(part, ast.Lambda)]
        named = {key: part for key, part in read if key is not None and not isinstance(part, ast.Lambda)}
        terms = [part if isinstance(part, Term) else constant(part) for part in operands]
        _, attributes = op.bind(tuple(terms), named)
        kinds = parameter_types(op, attributes, [term.type for term in terms])
        return op(*terms, **named, **{key: self._body(part, kinds) for key, part in bodies.items()})

    def _body(self, node: ast.Lambda, kinds: Sequence[Any]) -> Body:
        names = [arg.arg for arg in node.args.args]
        if len(names) != len(kinds):
            raise self.error(f"this body has {len(names)} parameters, one for each of {len(kinds)} operands is wanted", node)
        inner = {name: parameter(place, kind) for place, (name, kind) in enumerate(zip(names, kinds, strict=True))}
        found = _Reader(self.text, inner)._value(node.body)
        results = found if isinstance(found, tuple) else (found,)
        body = Body([part if isinstance(part, Term) else constant(_array_like(part)) for part in results], len(kinds))
        for leaf in body.free():
            raise self.error(f"{symbol_name(leaf)} is no parameter of this body; hand it in as an operand", node)
        return body

    def _quoted(self, node: ast.Call, args: list[Any]) -> Term:
        if len(args) != 1 or not isinstance(args[0], str):
            raise self.error("symbol('name') takes a name in quotes", node)
        found = self.names.get(args[0])
        return symbol(args[0]) if found is None else found

    def _check_call(self, node: ast.Call) -> None:
        function = node.func
        if isinstance(function, ast.Attribute):
            raise self.error(
                f"methods and modules are not called here; write {function.attr}(...) instead of .{function.attr}(...)",
                function,
            )
        if not isinstance(function, ast.Name):
            raise self.error("only functions known by name are called", function)
        if any(isinstance(arg, ast.Starred) for arg in node.args) or any(k.arg is None for k in node.keywords):
            raise self.error("arguments are written out; stars have no place here", node)
        name = function.id
        if name in FUNCTIONS or name in DTYPES or name in ("complex", "symbol"):
            return
        if name in self.names:
            raise self.error(f"{name} is a variable and cannot be called; for a product write {name} * (...)", function)
        close = difflib.get_close_matches(name, [*FUNCTIONS, *DTYPES], 3, 0.6)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise self.error(f"no function is called {name!r}{hint}", function)

    def _operands(self, node: ast.AST, values: Sequence[Any]) -> list[Any]:
        if any(value is ... for value in values):
            raise self.error("this text is abbreviated (...); print the expression in full to read it back", node)
        return [operand(value) for value in values]


_COMBINE: dict[type, Any] = {
    ast.Constant: _Reader.constant, ast.Name: _Reader.name, ast.BinOp: _Reader.binary, ast.UnaryOp: _Reader.unary,
    ast.Compare: _Reader.compare, ast.BoolOp: _Reader.logic, ast.IfExp: _Reader.choice, ast.Tuple: _Reader.sequence,
    ast.List: _Reader.sequence, ast.Slice: _Reader.slice, ast.Subscript: _Reader.index,
    ast.Attribute: _Reader.attribute, ast.Call: _Reader.call,
}  # fmt: skip


def _arguments(node: ast.Call) -> list[tuple[str | None, ast.expr]]:
    return [*[(None, arg) for arg in node.args], *[(keyword.arg, keyword.value) for keyword in node.keywords]]


def _has_bodies(node: ast.Call) -> bool:
    """Whether this is a call of an operator with bodies that are written out."""
    if not isinstance(node.func, ast.Name) or "binder" not in getattr(CATALOGUE.get(node.func.id), "properties", ()):
        return False
    return any(isinstance(part, ast.Lambda) for _, part in _arguments(node))


def _typed(value: Any) -> Term:
    return value if isinstance(value, Term) else constant(value)


def _array_like(value: Any) -> Any:
    if isinstance(value, (str, np.dtype, slice)) or value is None or value is ...:
        raise TypeError
    return value


def _shown(value: Any) -> str:
    return "..." if value is ... else repr(value)


def _advice(source: str) -> str:
    if "=" in source.replace("==", "").replace("<=", "").replace(">=", "").replace("!=", ""):
        return "; an expression has no assignment, equality is written =="
    return ""
