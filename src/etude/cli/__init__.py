"""The command line. It needs typer, which the core does not: `pip install "etude[cli]"`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

__all__ = ["main"]

if find_spec("typer") is not None:
    from etude.cli.commands import run
else:

    def run(arguments: list[str]) -> int:
        """Say what is missing."""
        print('etude: the command line needs typer; install it with: pip install "etude[cli]"', file=sys.stderr)
        return 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `etude` with these arguments (those of the process by default); the result is the exit status.

    0: done. 1: a check failed. 2: the call or the input was wrong, said in one line on the standard error stream.

    >>> main(["simplify", "log(exp(x))"])
    x
    0
    """
    return run(sys.argv[1:] if arguments is None else list(arguments))
