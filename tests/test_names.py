"""The names of `import etude as et`: loaded when used, the same for people, type checkers and `import *`."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import etude as et


def test_importing_loads_numpy_and_nothing_of_ours_below_the_package():
    said = "import sys, etude; print(*{m for m in sys.modules if m.partition('.')[0] in ('etude', 'kanren', 'scipy', 'numpy')})"
    loaded = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded
    assert [name for name in loaded if name.partition(".")[0] != "numpy"] == ["etude"]


def test_a_function_that_stays_on_numpy_loads_nothing_that_makes_c():
    said = """
import sys, etude as et
x = et.vector("x")
et.function([x], et.exp(x))([1.0])
print(*sorted(m for m in sys.modules if m.startswith("etude.backends.c.") or m == "subprocess"))
"""
    loaded = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == ["etude.backends.c.tiering"]


def test_type_checkers_are_told_the_names_that_are_there():
    tree = ast.parse(Path(et.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    told = {}
    for line in block.body:
        assert isinstance(line, ast.ImportFrom)
        for one in line.names:
            told[one.asname or one.name] = (line.module, one.name)
    modules = {name for name, (home, _) in told.items() if home == "etude"}
    assert modules == set(et._MODULES)
    assert {name: home for name, home in told.items() if name not in modules} == et._HOMES


def test_every_name_is_there_and_is_found_once():
    for name in et.__all__:
        assert getattr(et, name) is getattr(et, name)
        assert name in dir(et)
    everything = {}
    exec("from etude import *", everything)
    assert set(et.__all__) <= set(everything)
    assert everything["sin"] is et.sin
    assert everything["float32"] is et.float32


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="module 'etude' has no attribute 'sinn'"):
        et.sinn
    with pytest.raises(ImportError):
        from etude import sinn  # noqa: F401
