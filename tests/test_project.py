"""The laws of the project: rooms, names, lengths, and that both ways of installing carry the rules."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import hatchling.build
import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "etude"
MODULES = sorted(PACKAGE.rglob("*.py"))
RULES = sorted(path.relative_to(ROOT / "rules").as_posix() for path in (ROOT / "rules").rglob("*") if path.is_file())
LOCATE = "from etude.rules.location import rules_root; print(rules_root())"


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def imported_in_functions(tree):
    """Names of modules imported inside functions."""
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.Import):
                    yield from [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    yield "." * node.level + (node.module or "")


def python(*arguments, path=None, **options):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, **options
    )


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_named_for_something_and_short(path):
    assert path.stem not in {"util", "utils", "basic", "common", "helper", "helpers", "misc"}
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_imports_its_own_package_at_the_top(path):
    inside = list(imported_in_functions(ast.parse(path.read_text(encoding="utf-8"))))
    assert [name for name in inside if name.startswith((".", "etude"))] == []


def test_most_modules_are_under_200_lines():
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES)
    assert lengths[len(lengths) // 2] < 200


def test_rules_hold_rule_files_only():
    assert RULES
    assert {Path(name).suffix for name in RULES} <= {".rules", ".facts", ".costs", ".md"}


def test_tests_mirror_the_rooms():
    rooms = {path.stem for path in PACKAGE.iterdir()}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and not path.name.startswith("__")}
    assert folders - {"benchmarks"} <= rooms  # benchmarks are run by hand: python -m tests.benchmarks


NEEDS_A_PROGRAM = {"test_derivation_in_browser.py": 1}  # left out, with a notice, where there is no browser


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=name_of)
def test_no_test_is_skipped_or_expected_to_fail(path):
    found = re.findall(r"pytest\.(?:skip|xfail|importorskip)|mark\.(?:skip|skipif|xfail)\b", path.read_text("utf-8"))
    assert len(found) == NEEDS_A_PROGRAM.get(path.name, 0)


def test_core_dependencies_are_five():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=!~ \[]", line)[0].lower() for line in project["dependencies"]}
    assert names == {"numpy", "scipy", "minikanren", "etuples", "logical-unification"}


def test_wheel_carries_the_rules_and_finds_them(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    wheel = tmp_path / hatchling.build.build_wheel(str(tmp_path))
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    assert {f"etude/_rules/{path}" for path in RULES} <= names
    assert "etude/py.typed" in names
    assert not [name for name in names if name.startswith(("tests", "docs", "examples"))]
    found = python("-c", LOCATE, path=tmp_path / "site", cwd=tmp_path)
    assert (found.stdout.strip(), found.stderr) == (str(tmp_path / "site" / "etude" / "_rules"), "")


def test_editable_install_finds_the_rules_of_the_checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    wheel = tmp_path / hatchling.build.build_editable(str(tmp_path))
    with zipfile.ZipFile(wheel) as archive:
        (entry,) = [name for name in archive.namelist() if name.endswith(".pth")]
        source = archive.read(entry).decode().strip()
    found = python("-c", LOCATE, path=source, cwd=tmp_path)
    assert (found.stdout.strip(), found.stderr) == (str(ROOT / "rules"), "")


def test_import_leaves_slow_and_optional_packages_alone():
    found = python("-c", "import etude, sys; print({'scipy', 'typer', 'rich', 'dask', 'sympy'} & set(sys.modules))")
    assert (found.stdout.strip(), found.stderr) == ("set()", "")
