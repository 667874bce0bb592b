"""What `etude doctor` looks at."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import etude as et
from etude.cli.compiled import c_lines
from etude.errors import EtudeError
from etude.rewriting import engine
from etude.rewriting.algebra import IN_C
from etude.rules.location import rules_root
from etude.terms import CORE

__all__ = ["report"]

_PACKAGES = ("etude", "numpy", "scipy", "miniKanren", "etuples", "logical-unification", "typer")
# Where a derivative goes wrong when the cost is not stabilized first: cost, point, slope.
_PROBES = (
    ("log(1 + exp(x))", 1000.0, 1.0),
    ("log(1 - exp(x))", -1e-20, -1e20),
    ("(exp(x) - exp(-x)) / (exp(x) + exp(-x))", 1000.0, 0.0),
)


def report() -> tuple[list[str], bool]:
    """The lines to show, and whether all is well."""
    lines = [f"{'python':20} {platform.python_version()} on {platform.system()} {platform.machine()}"]
    lines += [f"{name:20} {_version(name)}" for name in _PACKAGES]
    lines += c_lines()
    lines.append(f"{'terms':20} {'Python' if CORE is None else 'compiled'}")
    lines.append(f"{'sums and products':20} {'Python' if IN_C is None else 'compiled'}")
    lines.append(f"{'rewriting':20} {'Python' if str(engine.__file__).endswith('.py') else 'compiled'}")
    lines.append(f"{'rules':20} {rules_root()}")
    for name in et.rules.defaults():
        lines.append(f"{'':20} {len(et.rules.default(name)):4} {name}")
    healthy = True
    for cost, point, slope in _PROBES:
        text, right = _probe(cost, point, slope)
        healthy = healthy and right
        lines.append(f"{'ok' if right else 'WRONG':20} {text}")
    return lines, healthy


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _probe(cost: str, point: float, slope: float) -> tuple[str, bool]:
    x = et.scalar("x")
    try:
        found = float(et.grad(et.parse(cost), x).eval({x: point}))
    except EtudeError as error:
        return f"d/dx {cost}: {error}", False
    return f"d/dx {cost} at {point:g} = {found:g}", abs(found - slope) <= 1e-12 * abs(slope)
