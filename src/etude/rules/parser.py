"""Rule text to rules: Python expression syntax read with `ast` against a whitelist, never executed."""

from __future__ import annotations

import ast
import difflib
import functools
import itertools
import math
import re
from collections.abc import Iterable
from typing import Any

from etude.errors import EtudeError, RuleError
from etude.ops import CATALOGUE
from etude.ops.aliases import ALIASES
from etude.ops.attributes import COMPUTED_ATTRIBUTES
from etude.rules.conditions import parse_condition
from etude.rules.glancing import glance, parted, scanned
from etude.rules.pattern import COMPUTED, DISCONNECTED, MARK, OPERATOR, UNDEFINED, VALUE, D, FreeSymbol, variables_of
from etude.rules.rule import Rule, RuleSet
from etude.terms import Term, Variable, etuple

__all__ = ["parse_rules", "parsed"]

PROMISES = ("exact", "real", "stable")
DOMAINS = ("real", "complex", "any")
GOALS = ("all", "size", "speed", "stable")
SETTINGS = {
    "promise": PROMISES, "domain": DOMAINS, "inputs": ("any", "ordinary"), "serves": GOALS, "applied": ("everywhere", "singly"),
}  # fmt: skip
NUMBERS = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan, "euler_gamma": 0.5772156649015329}
_BINARY = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power",
    ast.FloorDiv: "floor_divide", ast.Mod: "remainder", ast.MatMult: "matmul", ast.BitAnd: "bitwise_and",
    ast.BitOr: "bitwise_or", ast.BitXor: "bitwise_xor", ast.LShift: "left_shift", ast.RShift: "right_shift",
}  # fmt: skip
_COMPARE = {
    ast.Lt: "less", ast.LtE: "less_equal", ast.Gt: "greater", ast.GtE: "greater_equal", ast.Eq: "equal", ast.NotEq: "not_equal",
}  # fmt: skip
_NAME = re.compile(r"\s*([A-Za-z_]\w*)\s*:")
_SETTING = re.compile(r"\s*(promise|domain|inputs|serves|applied|each)\s*:\s*(\w[\w ]*?)\s*")
_EACH = re.compile(r"(?<![A-Za-z0-9])each(?![A-Za-z0-9])")
_MARKERS = {"d": D, "undefined": UNDEFINED, "operator": OPERATOR, "value": VALUE}
_FOLDS = 64  # bits of an exponent's result that is folded while reading


def parse_rules(
    text: str, file: str = "", lenient: bool = False, promise: str = "real", checked: bool = False
) -> RuleSet:
    """The rules of a text, one a line. `lenient` reads unknown function names as uninterpreted.

    The sides of a `checked` text, one known to hold no mistake, are read when they are first asked for.
    """
    return RuleSet(parsed(text, file, lenient, promise, checked))


def parsed(text: str, file: str, lenient: bool = False, promise: str = "real", checked: bool = False) -> list[Rule]:
    """The rules of a text in its order, as `parse_rules` has them."""
    settings = {"promise": promise, "domain": "real", "inputs": "any", "serves": "all", "applied": "everywhere"}
    rules: list[Rule] = []
    places: dict[str, int] = {}
    source, operators = "", ""
    for number, raw in enumerate(text.splitlines(), 1):
        body, comment = _split_comment(raw)
        if not body.strip():
            source = comment or source if comment else ""
            continue
        setting = _setting(body)
        if setting is not None and setting[0] == "each":
            operators = setting[1]
            continue
        if setting is not None:
            _Line(raw, body, number, file, lenient).check_setting(*setting)
            settings[setting[0]] = setting[1]
            continue
        for text in _for_each(body, operators):
            reader = _Line(raw, text, number, file, lenient)
            rule = reader.rule(settings, comment or source, places, checked)
            if rule.name in places:
                raise reader.error(f"the name {rule.name!r} is taken by line {places[rule.name]}", 0)
            places[rule.name] = number
            rules.append(rule)
    return rules


def _for_each(body: str, operators: str) -> list[str]:
    """The line with each of the operators in the place of the word `each`, where it has that word."""
    if not operators or "each" not in body or not _EACH.search(body):
        return [body]
    return [_EACH.sub(operator, body) for operator in operators.split()]


def _setting(body: str) -> tuple[str, str] | None:
    match = _SETTING.fullmatch(body)
    return None if match is None else (match[1], match[2])


def _split_comment(line: str) -> tuple[str, str]:
    if "#" not in line:
        return line, ""
    quote = ""
    for position, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "#":
            return line[:position], line[position + 1 :].strip()
    return line, ""


def _untaken(name: str, taken: Iterable[str]) -> str:
    """The name; with a number where a line before has it."""
    numbered = (f"{name}_{count}" for count in itertools.count(2))
    return name if name not in taken else next(other for other in numbered if other not in taken)


def _nearest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(found)}?" if found else ""


class _Line:
    """One line being read."""

    def __init__(self, raw: str, body: str, number: int, file: str, lenient: bool):
        self.raw, self.body, self.number, self.file, self.lenient = raw, body, number, file, lenient
        self.start = 0

    def error(self, message: str, where: Any = None) -> RuleError:
        column = where if isinstance(where, int) else self.start + getattr(where, "col_offset", 0)
        error = RuleError(message, self.raw, 1, column + 1, self.file)
        error.line = self.number
        error.args = (f"{self.file or '<text>'}:{self.number}:{column + 1}: {message}\n  {self.raw.strip()}",)
        return error

    def check_setting(self, key: str, value: str) -> None:
        known = SETTINGS[key]
        said = value.split() if key == "serves" else [value]
        if any(word not in known for word in said):
            raise self.error(f"{key} is one of {', '.join(known)}, not {value!r}", self.body.index(value))

    # ---------------------------------------------------------------- the line as a whole

    def rule(self, settings: dict[str, str], source: str, taken: Iterable[str], checked: bool) -> Rule:
        name, body, offset = "", self.body, 0
        match = _NAME.match(body)
        if match:
            name, offset = match[1], match.end()
            body = body[offset:]
        found = parted(body) if checked else scanned(body)[0]
        if found is None:
            raise self.error(
                "a rule is `name: left -> right`, `name: left = right`, `d(...) = ...` or `adjoint(...) = ...`", offset
            )
        middle, arrow = found
        kind, head, own = glance(body[:middle], arrow) if checked else ("", None, "")
        left = None
        if head is None:
            left = self.tree(body[:middle], offset)
            kind = self.kind(left, arrow)
            head = CATALOGUE.get(_head_name(_subject(left, kind)))
        if kind in ("rewrite", "equation") and not name:
            raise self.error(
                f"{'a rewrite' if kind == 'rewrite' else 'an equation'} needs a name: `name: left {arrow} right`",
                offset,
            )
        name = name or _untaken(own if left is None else self.first_name(left, kind), taken)
        known: dict[str, Any] = {"name": name, "kind": kind, **settings, "text": self.body.strip(), "source": source,
                                 "file": self.file, "line": self.number}  # fmt: skip
        read = functools.partial(self.sides, left, kind, offset, (middle, middle + len(arrow)))
        if checked and head is not None:
            return Rule.unread(read, head=head, **known)
        sides = read("")
        self.check_variables(kind, **sides)
        return Rule(**known, **sides)

    def sides(
        self, left: ast.expr | None, kind: str, offset: int, places: tuple[int, int], asked: str, known: Any = None
    ) -> dict[str, Any]:
        """Both sides, the condition and the cotangent of a line. Of its body the left side goes to the first of `places`,
        the right side begins at the second, and a condition follows. Where a rewrite is asked for its left side, or
        this is known, the rest is not read, or the left side not once more.
        """
        body = self.body[offset:]
        middle, start = places
        left = self.tree(body[:middle], offset) if left is None and known is None else left
        if asked == "lhs" and kind == "rewrite" and left is not None:
            self.start = offset + _indent(body)
            return {"lhs": self.pattern(left)}
        found = scanned(body)[1]
        end = len(body) if found is None or found < middle else found
        condition = None if end == len(body) else self.condition(body[end + 4 :], offset + end + 4)
        if known is not None:
            rhs = self.pattern(self.tree(body[start:end], offset + start))
            return {"rhs": rhs, "condition": condition, "cotangent": None}
        assert left is not None
        make = {"differential": self.differential, "adjoint": self.adjoint}.get(kind, self.identity)
        lhs, rhs, cotangent = make(left, body[start:end], offset, offset + start)
        return {"lhs": lhs, "rhs": rhs, "condition": condition, "cotangent": cotangent}

    def kind(self, left: ast.expr, arrow: str) -> str:
        head = left.func.id if isinstance(left, ast.Call) and isinstance(left.func, ast.Name) else ""
        if arrow == "->":
            return "meaning" if head == "operator" else "rewrite"
        return {"d": "differential", "adjoint": "adjoint"}.get(head, "equation")

    def first_name(self, left: ast.expr, kind: str) -> str:
        """`d_sin`, `adjoint_matmul_1`: what a line without a name is called."""
        if not isinstance(left, ast.Call) or not left.args:
            return kind
        inner = left.args[0]
        head = _head_name(inner)
        if kind != "differential":
            marked = [str(i) for i, part in enumerate(_operands(inner)) if isinstance(part, ast.List)]
            return f"{kind}_{head}_{'_'.join(marked)}"
        if head == "item" and isinstance(inner, ast.Call) and len(inner.args) == 2:
            return f"d_{_head_name(inner.args[0])}_{ast.unparse(inner.args[1])}"
        return f"d_{head}"

    def check_variables(self, kind: str, lhs: Any, rhs: Any, condition: Any, cotangent: Variable | None) -> None:
        known = variables_of(lhs) | ({cotangent} if cotangent else set())
        if isinstance(lhs, Variable) and kind == "rewrite":
            raise self.error("a left side that is a bare variable would match everything", 0)
        used = variables_of(rhs) | variables_of(condition)
        if kind == "equation":
            return
        for variable in sorted(used - known, key=lambda v: v.name):
            raise self.error(
                f"{variable.name!r} does not occur on the left side{_nearest(variable.name, [v.name for v in known])}",
                max(self.raw.rfind(variable.name), 0),
            )

    def identity(self, left: ast.expr, right: str, start: int, at: int) -> tuple[Any, Any, None]:
        self.start = start + _indent(self.body[start:])
        lhs = self.pattern(left)
        return lhs, self.pattern(self.tree(right, at)), None

    def differential(self, left: ast.expr, right: str, start: int, at: int) -> tuple[Any, Any, None]:
        assert isinstance(left, ast.Call)
        self.start = start
        if len(left.args) != 1:
            raise self.error("d takes one operator applied to its operands, as in d(sin(u))", left)
        lhs = self.pattern(left.args[0])
        if not isinstance(lhs, Term):
            raise self.error("d takes one operator applied to its operands, as in d(sin(u))", left)
        return lhs, self.pattern(self.tree(right, at)), None

    def adjoint(self, left: ast.expr, right: str, start: int, at: int) -> tuple[Any, Any, Variable]:
        assert isinstance(left, ast.Call)
        self.start = start
        if len(left.args) != 2 or not isinstance(left.args[1], ast.Name):
            raise self.error(
                "adjoint takes an operator with its linear operand marked, and a cotangent: adjoint(a @ [v], g)", left
            )
        lhs = self.pattern(left.args[0])
        marked = [part for part in getattr(lhs, "operands", ()) if _is_marked(part)]
        if not marked:
            raise self.error("mark the operand in which the operator is linear: adjoint(a @ [v], g)", left)
        tree = self.tree(right, at)
        rows = tree.elts if isinstance(tree, ast.Tuple) else [tree]
        if len(rows) != len(marked):
            raise self.error(f"{len(marked)} operands are marked, {len(rows)} results are given", at)
        return lhs, tuple(map(self.pattern, rows)), Variable(left.args[1].id)

    # ---------------------------------------------------------------- expressions

    def tree(self, text: str, offset: int) -> ast.expr:
        self.start = offset + _indent(text)
        try:
            return ast.parse(text.strip() or "?", mode="eval").body
        except SyntaxError as error:
            raise self.error(f"not an expression: {error.msg}", self.start + max((error.offset or 1) - 1, 0)) from None
        except (RecursionError, MemoryError, ValueError):
            raise self.error("an expression nested too deep to be read", offset) from None

    def condition(self, text: str, offset: int) -> Any:
        node = self.tree(text, offset)
        return parse_condition(node, lambda name: Variable(name.id), self.error, _nearest)

    def pattern(self, node: ast.expr) -> Any:
        method = getattr(self, f"_read_{type(node).__name__}", None)
        if method is None:
            raise self.error(f"{type(node).__name__} has no place in a rule", node)
        return method(node)

    def _read_Name(self, node: ast.Name) -> Any:
        if node.id == "disconnected":
            return etuple(DISCONNECTED)
        return NUMBERS[node.id] if node.id in NUMBERS else Variable(node.id)

    def _read_Constant(self, node: ast.Constant) -> Any:
        if isinstance(node.value, (bool, int, float, complex, str)) or node.value is None:
            return node.value
        raise self.error(f"{node.value!r} is no number", node)

    def _read_List(self, node: ast.List) -> Any:
        if len(node.elts) != 1:
            raise self.error("[v] marks one operand", node)
        return etuple(MARK, self.pattern(node.elts[0]))

    def _read_Subscript(self, node: ast.Subscript) -> Any:
        raise self.error("an index is written getitem(x, spec=s), where s may be any", node)

    def _read_Starred(self, node: ast.Starred) -> Any:
        if isinstance(node.value, ast.Name):
            return Variable(node.value.id, star=True)
        raise self.error("a star stands before a variable: *rest", node)

    def _read_Tuple(self, node: ast.Tuple) -> Any:
        return tuple(map(self.pattern, node.elts))

    def _read_UnaryOp(self, node: ast.UnaryOp) -> Any:
        inner = self.pattern(node.operand)
        names = {ast.USub: "negative", ast.UAdd: "positive", ast.Not: "logical_not", ast.Invert: "invert"}
        if (
            isinstance(inner, (int, float, complex))
            and not isinstance(inner, bool)
            and isinstance(node.op, (ast.USub, ast.UAdd))
        ):
            return -inner if isinstance(node.op, ast.USub) else inner
        return self.call(names[type(node.op)], (inner,), {}, node)

    def _read_BinOp(self, node: ast.BinOp) -> Any:
        left, right = self.pattern(node.left), self.pattern(node.right)
        whole = isinstance(node.op, ast.Pow) and isinstance(left, int) and isinstance(right, int)
        if whole and abs(right) * max(abs(left).bit_length(), 1) > _FOLDS:
            raise self.error("this power of numbers is too large", node)
        return self.call(_BINARY[type(node.op)], (left, right), {}, node)

    def _read_Compare(self, node: ast.Compare) -> Any:
        if len(node.ops) != 1 or type(node.ops[0]) not in _COMPARE:
            raise self.error("one comparison at a time, with < <= > >= == or !=", node)
        sides = (self.pattern(node.left), self.pattern(node.comparators[0]))
        return self.call(_COMPARE[type(node.ops[0])], sides, {}, node)

    def _read_BoolOp(self, node: ast.BoolOp) -> Any:
        name = "logical_and" if isinstance(node.op, ast.And) else "logical_or"
        result = self.pattern(node.values[0])
        for value in node.values[1:]:
            result = self.call(name, (result, self.pattern(value)), {}, node)
        return result

    def _read_Call(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name):
            raise self.error("only operators of the catalogue can be called", node)
        args = tuple(map(self.pattern, node.args))
        named = {}
        for word in node.keywords:
            if word.arg is None:
                raise self.error("** has no place in a rule", node)
            named[word.arg] = self.attribute(word.value)
        return self.call(node.func.id, args, named, node)

    def attribute(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            if name not in COMPUTED_ATTRIBUTES:
                raise self.error(f"{name!r} is no function of attributes{_nearest(name, COMPUTED_ATTRIBUTES)}", node)
            return etuple(COMPUTED, name, *map(self.attribute, node.args))
        if isinstance(node, ast.Tuple):
            return tuple(map(self.attribute, node.elts))
        return self.pattern(node)

    def call(self, name: str, args: tuple[Any, ...], named: dict[str, Any], node: ast.AST) -> Any:
        if name in COMPUTED_ATTRIBUTES and not named:
            return etuple(COMPUTED, name, *args)
        if name in _MARKERS:
            return etuple(_MARKERS[name], *args)
        op = CATALOGUE.get(ALIASES.get(name, name))
        if op is None:
            if self.lenient:
                return etuple(FreeSymbol(name, tuple(sorted(named.items()))), *args)
            raise self.error(f"{name!r} is no operator{_nearest(name, [*CATALOGUE, *ALIASES])}", node)
        if op.variadic and args and type(args[0]) is tuple:  # concatenate((a, b)), as NumPy has it
            named = {**dict(zip(op.attributes, args[1:], strict=False)), **named}
            args = args[0]
        try:
            operands, attributes = op.bind(args, named)
        except TypeError as error:
            raise self.error(str(error), node) from None
        said = next((part for part in operands if isinstance(part, str)), None)
        if said is not None and op.attributes:
            names = ", ".join([*op.operands, *[f"{attribute}=..." for attribute in op.attributes]])
            raise self.error(f"{said!r} is no operand; {op.name}({names}) takes texts by name", node)
        if operands and not attributes and all(type(part) in (int, float) for part in operands):
            return self.folded(op, operands, node)
        try:
            return (
                Term((op, *operands, *attributes)) if not _constant_call(operands) else op.apply(operands, attributes)
            )
        except EtudeError as error:
            raise self.error(str(error), node) from None

    def folded(self, op: Any, operands: tuple[Any, ...], node: ast.AST) -> Any:
        if op.name in ("add", "multiply", "subtract", "negative", "power") and all(type(p) is int for p in operands):
            if op.name == "power" and operands[0].bit_length() * operands[1] > 1024:
                raise self.error(f"{operands[0]}**{operands[1]} is too large to be written out", node)
            if op.name != "power" or operands[1] >= 0:
                plain = {
                    "add": "__add__",
                    "multiply": "__mul__",
                    "subtract": "__sub__",
                    "negative": "__neg__",
                    "power": "__pow__",
                }
                return getattr(operands[0], plain[op.name])(*operands[1:])
        value = op.evaluate(*[float(part) if op.name == "power" else part for part in operands])
        if not math.isfinite(value):
            raise self.error(f"{op.name} of these numbers is {value}", node)
        return value.item()


def _subject(left: ast.expr, kind: str) -> ast.expr:
    """What a line is about: the first operand of its `d` or `adjoint`, or its whole left side."""
    return left.args[0] if kind in ("differential", "adjoint") and isinstance(left, ast.Call) and left.args else left


def _head_name(node: ast.expr) -> str:
    """The catalogue's name of the operator at the root, as far as the text shows it."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return ALIASES.get(node.func.id, node.func.id)
    if isinstance(node, ast.BinOp):
        return _BINARY[type(node.op)]
    return _COMPARE.get(type(node.ops[0]), "") if isinstance(node, ast.Compare) else ""


def _operands(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    args = node.args if isinstance(node, ast.Call) else []
    return args[0].elts if args and isinstance(args[0], ast.Tuple) else args


def _constant_call(operands: tuple[Any, ...]) -> bool:
    return all(isinstance(part, Term) and part.type is not None for part in operands)


def _is_marked(part: Any) -> bool:
    return isinstance(part, Term) and part._tuple[0] is MARK


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
