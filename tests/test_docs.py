"""Every block of the README and of the documentation runs: Python, rules and command lines."""

import doctest
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

import etude as et
from etude.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(?P<language>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_ONLY = {"text", "bash"}  # the README's bash blocks are run by .ci/run
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass
class Block:
    language: str
    body: str
    line: int


def blocks_of(page):
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        yield Block(found["language"].strip(), found["body"], text.count("\n", 0, found.start()) + 2)


def run_python(block, names, page):
    if ">>>" not in block.body:
        exec(compile("\n" * (block.line - 1) + block.body, page.name, "exec"), names)
        return
    test = doctest.DocTestParser().get_doctest(block.body, names, page.name, str(page), block.line - 1)
    report = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=report.append, clear_globs=False)
    names.update(test.globs)
    assert not report, "".join(report)


def run_console(block, capsys):
    """`$ etude ...` lines, each with what it prints."""
    for session in re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]:
        command, _, expected = session.partition("\n")
        program, *arguments = shlex.split(command)
        assert program == "etude"
        main(arguments)
        printed = capsys.readouterr()
        assert doctest.OutputChecker().check_output(expected, printed.out + printed.err, FLAGS), (
            f"line {block.line}: $ {command}\nexpected:\n{expected}\nprinted:\n{printed.out}{printed.err}"
        )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_blocks_of_page_run(page, capsys):
    names = {"__name__": "__main__"}
    for block in blocks_of(page):
        if block.language == "python":
            run_python(block, names, page)
        elif block.language == "rules":
            assert len(et.rules.load(block.body)) > 0
        elif block.language == "console":
            run_console(block, capsys)
        else:
            assert block.language in SHOWN_ONLY or block.language.startswith("{"), (
                f"{page.name}:{block.line}: a block of an unknown language {block.language!r} would not be run"
            )
