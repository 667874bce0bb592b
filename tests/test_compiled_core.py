"""The optional compiled core: a wheel built with it passes the tests of rewriting, terms and gradients as Python does."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import hatchling.build
import pytest

ROOT = Path(__file__).parents[1]
TESTS = ("tests/terms", "tests/rewriting", "tests/calculus", "tests/integration", "tests/egraph")
PLACES = "import sys, etude.rewriting.engine as e, etude.terms.term as t; print(e.__file__, 'etude.terms.kept_hash' in sys.modules, t.__file__)"


def python(*arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(path)}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=ROOT, env=environment)


@pytest.mark.slow
def test_the_compiled_core_passes_the_tests_of_the_sources(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("ETUDE_COMPILE", "1")
    wheel = tmp_path / hatchling.build.build_wheel(str(tmp_path))
    assert "none-any" not in wheel.name
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    engine, hashing, term = python("-c", PLACES, path=tmp_path / "site").stdout.split()
    assert (Path(engine).suffix in (".so", ".pyd"), hashing, Path(term).suffix) == (True, "True", ".py")
    found = python("-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS, path=tmp_path / "site")
    assert found.returncode == 0, found.stdout[-3000:]


def test_a_wheel_is_python_alone_unless_the_core_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("ETUDE_COMPILE", raising=False)
    wheel = tmp_path / hatchling.build.build_wheel(str(tmp_path))
    assert wheel.name.endswith("py3-none-any.whl")
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith((".so", ".pyd"))]
