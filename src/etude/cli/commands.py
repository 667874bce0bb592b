"""The subcommands of `etude`, each a thin layer over the public interface."""

from __future__ import annotations

import json
import keyword
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

import etude as et
from etude.check import Effort, check_side_by_side
from etude.cli.checking import print_report
from etude.cli.compiled import cache_lines, source_of
from etude.cli.doctor import report
from etude.cli.experiments import print_experiment
from etude.errors import EtudeError
from etude.relations import ask
from etude.text import to_text

__all__ = ["run"]

app = typer.Typer(
    name="etude",
    help="Symbolic arrays whose calculus is data: differentiate, simplify, explain.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
_UsageError: Any = typer.BadParameter.__base__  # the one name for a wrong call that every version of typer exports
_DERIVATIVE = re.compile(r"\s*d\s*/\s*d\s*([^\W\d]\w*)\b(.*)", re.DOTALL)

Expression = Annotated[str, typer.Argument(help="Python expression syntax with NumPy's and SciPy's names.")]
Assume = Annotated[
    list[str] | None,
    typer.Option("--assume", "-a", metavar="NAME=WORDS", help='What holds of a symbol, as in -a "x=positive".'),
]


def run(arguments: list[str]) -> int:
    """Run the command of these arguments and give its exit status."""
    try:
        status = typer.main.get_command(app).main(arguments, prog_name="etude", standalone_mode=False)
    except _UsageError as error:
        return _wrong(f"{error.format_message()} (see: etude --help)")
    except typer.Abort:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # nobody reads on; closing keeps the interpreter from saying so
        return 0
    except (EtudeError, ValueError, TypeError, ArithmeticError, OSError) as error:
        return _wrong(str(error).partition("\n")[0] or type(error).__name__)
    return status if isinstance(status, int) else 0


def _wrong(message: str) -> int:
    print("etude:", " ".join(message.split()), file=sys.stderr)
    return 2


def _version(wanted: bool) -> None:
    if wanted:
        print("etude", version("etude"))
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    pass


@app.command()
def diff(
    expression: Expression,
    variable: Annotated[str, typer.Argument(help="The symbol to differentiate by.")],
    assume: Assume = None,
) -> None:
    """The derivative of an expression, stabilized and simplified."""
    print(_derivative(expression, variable, assume))


@app.command()
def simplify(expression: Expression, assume: Assume = None, promise: str = "real") -> None:
    """The normal form of an expression."""
    print(et.simplify(et.parse(expression, **_assumptions(assume)), promise=promise))


@app.command()
def integrate(
    expression: Expression,
    variable: Annotated[str | None, typer.Argument(help="The symbol to integrate by, where there are several.")] = None,
    assume: Assume = None,
    limit: Annotated[int, typer.Option(min=1, help="How many antiderivatives to look for.")] = 1,
    seconds: Annotated[float, typer.Option(help="When to give up.")] = 5.0,
    steps: Annotated[bool, typer.Option("--steps", help="Show the lines that led there.")] = False,
) -> None:
    """An antiderivative of an expression, verified by differentiating it; exit status 1 where none is found."""
    wanted = et.parse(expression, **_assumptions(assume))
    found = et.antiderivatives(wanted, _symbol(variable, assume), limit, seconds)
    if not found:
        print(f"no antiderivative of {wanted} was found", file=sys.stderr)
        raise typer.Exit(1)
    for answer in found:
        print(answer)
        if steps:
            print(et.explain(answer))


@app.command()
def explain(
    expression: Expression,
    assume: Assume = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page to step through.")] = None,
) -> None:
    """The steps to a derivative ("d/dx log(1-exp(x))") or to a normal form, each with its rule."""
    asked = _DERIVATIVE.fullmatch(expression)
    if asked is None:
        result = et.simplify(et.parse(expression, **_assumptions(assume)))
    else:
        result = _derivative(asked[2], asked[1], assume)
    steps = et.explain(result)
    if html is not None:
        steps.html(html)
    print(steps if html is None else f"{len(steps)} steps to {result}: {html}")


@app.command()
def query(
    question: Annotated[str, typer.Argument(help='A relation with unknowns, such as "differentialo(?f, x, cos(x))".')],
    limit: Annotated[int, typer.Option(min=1, help="How many answers to look for.")] = 3,
    seconds: Annotated[float, typer.Option(help="When to give up.")] = 5.0,
) -> None:
    """A relation run in any direction: what the unknowns can be; exit status 1 where there is no answer."""
    names, found = ask(question, limit, seconds)
    if not found:
        print("no answer was found", file=sys.stderr)
        raise typer.Exit(1)
    for answer in found:
        print(", ".join(f"?{name} = {to_text(value)}" for name, value in zip(names, answer, strict=True)) or "it holds")


@app.command()
def check(
    path: Annotated[str, typer.Argument(help="A rule file, or a folder of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Plain data for tools.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every verdict, not only those that ask for attention.")] = False,
    seconds: Annotated[float, typer.Option(help="How much processor time one rule may take.")] = 30.0,
) -> None:
    """Whether the rules are sound, end, and meet; exit status 1 where they do not."""
    if not Path(path).exists():
        raise ValueError(f"{path}: there is no such file or folder")
    report = check_side_by_side(path, Effort(seconds=seconds))
    if as_json:
        print(json.dumps(report.to_json(), indent=1))
    else:
        print_report(report, everything)
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def experiment(
    cases: Annotated[Path, typer.Argument(help='A file with a JSON object a line: {"expr": ..., "vars": {"x": "real"}}.')],
    rules: Annotated[
        list[str] | None, typer.Option("--rules", metavar="PATH", help="Rules to compare, beside simplify's unless --only.")
    ] = None,
    only: Annotated[bool, typer.Option("--only", help="The rules of --rules by themselves, not added to simplify's.")] = False,
    without: Annotated[list[str] | None, typer.Option("--without", metavar="RULE", help="A rule to leave out in turn.")] = None,
    strategy: Annotated[
        list[str] | None, typer.Option("--strategy", metavar="NAME", help='Such as "bottom up"; several may be named.')
    ] = None,
    counts: Annotated[int, typer.Option("--counts", min=0, help="Of how many rules to show trials and time.")] = 0,
    worth: Annotated[bool, typer.Option("--worth", help="What is lost without each rule that changes something.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Plain data for tools.")] = False,
) -> None:
    """Rule sets and strategies compared over the expressions of a file: operations left, time, trials."""
    print_experiment(cases, rules or [], only, without or [], strategy or [], counts, worth, as_json)


@app.command()
def compile(
    expression: Expression,
    as_c: Annotated[bool, typer.Option("--c", help="C source; without it, the NumPy source.")] = False,
    assume: Assume = None,
) -> None:
    """The source of a function that computes the expression; its arguments are the expression's symbols."""
    print(source_of(et.parse(expression, **_assumptions(assume)), as_c))


@app.command()
def cache(
    action: Annotated[str, typer.Argument(help="list or clear")] = "list",
) -> None:
    """The compiled programs on disk: where they are, what they take, and removing them."""
    print("\n".join(cache_lines(action)))


@app.command()
def doctor() -> None:
    """Versions, the place of the rules, and whether a gradient comes out right."""
    lines, healthy = report()
    print("\n".join(lines))
    raise typer.Exit(0 if healthy else 1)


def _derivative(expression: str, variable: str, assume: list[str] | None) -> Any:
    cost = et.parse(expression, **_assumptions(assume))
    return et.grad(cost, _symbol(variable, assume), disconnected_inputs="ignore")


def _symbol(name: str | None, assume: list[str] | None) -> Any:
    if name is not None and (not name.isidentifier() or keyword.iskeyword(name)):
        raise ValueError(f"{name!r} is no name of a symbol")
    return None if name is None else et.parse(name, **_assumptions(assume))


def _assumptions(texts: list[str] | None) -> dict[str, str]:
    found = {}
    for text in texts or ():
        name, equals, words = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ValueError(f"--assume {text!r}: NAME=WORDS was expected, as in x=positive")
        found[name.strip()] = words.strip()
    return found
