"""What of the library is machine code: a wheel as it is built, one with the compiled core and one of Python alone pass the tests."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import hatchling.build
import pytest
from hatch_build import IN_C, MODULES

from etude.rewriting.algebra import IN_C as SUMS_IN_C
from etude.terms import CORE

ROOT = Path(__file__).parents[1]
TESTS = ("tests/terms", "tests/rewriting", "tests/calculus", "tests/integration", "tests/egraph")
PLACES = "import etude.rewriting.engine as e, etude.terms as t, etude.terms.term as m; print(e.__file__, t.CORE is not None, m.__file__)"


def python(*arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(path)}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=ROOT, env=environment)


def wheel(place: Path, monkeypatch: pytest.MonkeyPatch, asked: str | None) -> tuple[str, list[str], Path]:
    """Its name, the extension modules in it, and where it was unpacked."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("ETUDE_COMPILE", raising=False)
    if asked is not None:
        monkeypatch.setenv("ETUDE_COMPILE", asked)
    name = hatchling.build.build_wheel(str(place))
    with zipfile.ZipFile(place / name) as packed:
        packed.extractall(place / "site")
        return name, [each for each in packed.namelist() if each.endswith((".so", ".pyd"))], place / "site"


def found_by(path: Path) -> tuple[str, str, str]:
    engine, core, term = python("-c", PLACES, path=path).stdout.split()
    return Path(engine).suffix, core, Path(term).suffix


def test_where_there_is_a_compiler_the_installation_at_hand_has_terms_and_sums_in_c():
    """Which the other tests run with; unless it was told to leave them out."""
    compiler = shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0])
    if compiler is not None and not os.environ.get("ETUDE_COMPILE"):
        assert CORE is not None
        assert SUMS_IN_C is not None


@pytest.mark.slow
def test_the_compiled_core_passes_the_tests_of_the_sources(tmp_path, monkeypatch):
    name, modules, site = wheel(tmp_path, monkeypatch, "1")
    assert "none-any" not in name
    assert len(modules) == len(MODULES) + len(IN_C) + 1  # with what the compiled modules share
    assert found_by(site) in ((".so", "True", ".py"), (".pyd", "True", ".py"))
    found = python("-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS, path=site)
    assert found.returncode == 0, found.stdout[-3000:]


def test_a_wheel_has_terms_and_sums_in_c_and_all_else_in_python(tmp_path, monkeypatch):
    name, modules, site = wheel(tmp_path, monkeypatch, None)
    assert "none-any" not in name
    assert {each.split(".")[0].replace("/", ".") for each in modules} == IN_C.keys()
    assert found_by(site) == (".py", "True", ".py")


def test_a_wheel_of_python_alone_passes_the_tests_of_terms(tmp_path, monkeypatch):
    name, modules, site = wheel(tmp_path, monkeypatch, "0")
    assert name.endswith("py3-none-any.whl")
    assert not modules
    assert found_by(site) == (".py", "False", ".py")
    found = python("-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS[:1], "tests/rewriting/test_polynomial_forms.py", path=site)
    assert found.returncode == 0, found.stdout[-3000:]


def test_where_nothing_compiles_a_wheel_is_python_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("CC", str(tmp_path / "no-such-compiler"))
    name, modules, _ = wheel(tmp_path, monkeypatch, None)
    assert name.endswith("py3-none-any.whl")
    assert not modules


def test_an_editable_installation_without_c_takes_away_what_an_earlier_one_left(tmp_path, monkeypatch):
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "src/etude/__init__.py"):
        Path(tmp_path, name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    left = [Path(tmp_path, "src", name.replace(".", "/") + suffix) for name in IN_C]
    others = [Path(tmp_path, "src/etude/terms", name) for name in ("core.of-another-python.so", "core.c", f"someones{suffix}")]
    for path in (*left, *others):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ETUDE_COMPILE", "0")
    Path("rules").mkdir()
    hatchling.build.build_wheel(str(tmp_path))
    assert all(path.exists() for path in left)
    hatchling.build.build_editable(str(tmp_path))
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in others)
