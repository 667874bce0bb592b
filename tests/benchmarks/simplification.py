"""`python -m tests.benchmarks.simplification CASES [--seconds S] [--json FILE]`: `et.simplify` beside SymPy's `simplify`.

CASES has a JSON object a line: `expr`, `vars` (name -> "real", "positive", "nonzero", "unit", "vector" ...) and perhaps
`best_ops`. Lines with arrays are left out, as SymPy has no such functions. Operations are counted alike, on the text of each
result: one for a call, a binary operator, a comparison, and a sign before anything but a number. Both start from their own
form of the same text; SymPy's `simplify` is timed without the reading, of which some is simplification already. The last
columns: in how many lines a system has the fewest operations of both, and how often it is at the best that is known.
"""

import argparse
import ast
import json
import re
import signal
import sys
import time
from pathlib import Path

SIGNS = {"positive": "positive", "unit": "positive", "gt1": "positive", "nonzero": "nonzero", "nonnegative": "nonnegative", "negative": "negative"}


def operations(text):
    """Operations of an expression as it is written."""
    counted = (ast.Call, ast.BinOp, ast.Compare)
    nodes = list(ast.walk(ast.parse(text, mode="eval")))
    signs = sum(isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant) for node in nodes)
    return sum(isinstance(node, counted) for node in nodes) + signs


def etude():
    import etude as et

    def prepared(row):
        return et.parse(row["expr"], **{name: SIGNS[word] for name, word in row["vars"].items() if word in SIGNS})

    return prepared, et.simplify


def sympy():
    import sympy

    known = {
        "arctan": sympy.atan, "arcsin": sympy.asin, "arccos": sympy.acos, "arctanh": sympy.atanh, "arcsinh": sympy.asinh,
        "arccosh": sympy.acosh, "log1p": lambda x: sympy.log(1 + x), "expm1": lambda x: sympy.exp(x) - 1, "maximum": sympy.Max,
        "minimum": sympy.Min, "abs": sympy.Abs, "where": lambda c, a, b: sympy.Piecewise((a, c), (b, True)), "log2": lambda x: sympy.log(x, 2),
        "hypot": lambda x, y: sympy.sqrt(x**2 + y**2), "expit": lambda x: 1 / (1 + sympy.exp(-x)), "square": lambda x: x**2,
    }  # fmt: skip

    def prepared(row):
        names = {name: sympy.Symbol(name, real=True, **({SIGNS[word]: True} if word in SIGNS else {})) for name, word in row["vars"].items()}
        return sympy.parse_expr(row["expr"], local_dict={**known, **names})

    return prepared, sympy.simplify


SYSTEMS = {"etude": etude, "sympy": sympy}


class Late(Exception):
    """A line took too long."""


def _late(*_):
    raise Late


def measured(system, rows, limit):
    """For each line the operations left (None: failed or late), the seconds, and the result. A first round with other names
    of the variables, so that no result of it is met again, loads what is loaded once and is not counted.
    """
    prepared, simplify = SYSTEMS[system]()
    signal.signal(signal.SIGALRM, _late)
    found = []
    for row in [*map(renamed, rows), *rows]:
        signal.setitimer(signal.ITIMER_REAL, limit)
        start = time.perf_counter()
        try:
            expr = prepared(row)
            start = time.perf_counter()
            result = simplify(expr)
            spent = time.perf_counter() - start
            found.append((operations(str(result)), spent, str(result)))
        except (Late, SyntaxError, TypeError, ValueError, AttributeError, NotImplementedError) as error:
            found.append((None, time.perf_counter() - start, repr(error)))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    return found[len(rows) :]


def renamed(row):
    names = {name: f"{name}_first" for name in row["vars"]}
    text = re.sub(r"[A-Za-z_]\w*", lambda match: names.get(match[0], match[0]), row["expr"])
    return {"expr": text, "vars": {names[name]: word for name, word in row["vars"].items()}}


def table(rows, results):
    """For each system: lines done, operations, seconds, the longest line, lines shortest, lines at best."""
    both = [place for place in range(len(rows)) if all(found[place][0] is not None for found in results.values())]
    for system, found in results.items():
        counts = [found[place][0] for place in both]
        least = sum(found[place][0] == min(other[place][0] for other in results.values()) for place in both)
        known = [place for place in both if rows[place].get("best_ops") is not None]
        best = sum(found[place][0] <= rows[place]["best_ops"] for place in known)
        times = [found[place][1] for place in both]
        yield {
            "system": system, "lines": len(both), "failed": sum(each[0] is None for each in found), "operations": sum(counts),
            "seconds": sum(times), "longest": max(times, default=0.0), "shortest_form": least, "at_best": best, "known": len(known),
        }  # fmt: skip


def main(given):
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.simplification", description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--systems", default="etude,sympy", help="their names, with commas")
    parser.add_argument("--seconds", type=float, default=60.0, help="of one line")
    parser.add_argument("--json", metavar="FILE", help="write every result there")
    chosen = parser.parse_args(given)
    rows = [json.loads(line) for line in chosen.cases.read_text(encoding="utf-8").splitlines() if line.strip()]
    scalars = [row for row in rows if all(word == "real" or word in SIGNS for word in row["vars"].values())]
    before = sum(operations(row["expr"]) for row in scalars)
    print(f"{len(scalars)} of {len(rows)} expressions, {before} operations as written")
    results = {}
    for system in chosen.systems.split(","):
        try:
            results[system] = measured(system, scalars, chosen.seconds)
        except ImportError:
            print(f"{system}: not installed")
    print(f"{'system':8}{'lines':>7}{'failed':>8}{'operations':>12}{'seconds':>10}{'longest':>10}{'shortest form':>15}{'at best':>10}")
    for record in table(scalars, results):
        best = f"{record['at_best']}/{record['known']}"
        print(f"{record['system']:8}{record['lines']:7}{record['failed']:8}{record['operations']:12}{record['seconds']:10.3f}"
              f"{record['longest']:10.3f}{record['shortest_form']:15}{best:>10}")  # fmt: skip
    if chosen.json:
        Path(chosen.json).write_text(json.dumps({"rows": scalars, "results": results}, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
