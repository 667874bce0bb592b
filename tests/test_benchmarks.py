"""The benchmarks run: every workload is well formed, and one goes the whole way."""

import json
from importlib.util import cache_from_source
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks import engine, gradients, simplification
from tests.benchmarks.__main__ import main
from tests.benchmarks.by_hand import BY_HAND
from tests.benchmarks.systems import SYSTEMS
from tests.benchmarks.tables import shown, tables
from tests.benchmarks.workloads import WORKLOADS

import etude as et

SMALL = {
    "blackscholes": (9,), "gmm": (3, 2, 7), "logreg": (20, 4), "mlp": (5, (4, 6, 6, 3)), "lstm": (4, 2, 1), "ba": (2, 3, 5), "deepgraph": (60,),
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_costs_are_those_of_numpy(name):
    work, laps = WORKLOADS[name](*SMALL[name]), {}
    found = SYSTEMS["etude numpy"](work, laps)(*work.values)
    cost = SYSTEMS["numpy"](work, laps)(*work.values)[0]
    assert set(laps) == {"import", "build"}
    if work.wanted == "gradient":
        np.testing.assert_allclose(found[0], cost, rtol=1e-12)
        assert [np.shape(slope) for slope in found[1:]] == [np.shape(value) for value in work.values[: work.wrt]]
    else:
        assert [slope.shape for slope in found] == [(cost.size, value.size) for value in work.values[: work.wrt]]


@pytest.mark.parametrize("operations", [60, 1000])
def test_a_deep_graph_has_the_operations_that_it_says(operations):
    symbols = et.scalar("x"), et.scalar("y")
    assert 0 <= et.count_operations(WORKLOADS["deepgraph"](operations).cost(et, *symbols)) - operations < 4


def test_modules_are_compiled_before_they_are_timed(tmp_path, monkeypatch):
    (tmp_path / "module.py").write_text("x = 1")
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(benchmarks, "find_spec", lambda name: spec)
    benchmarks.compile_modules()
    assert Path(cache_from_source(str(tmp_path / "module.py"))).exists()


@pytest.mark.parametrize("name", BY_HAND)
def test_what_is_worked_out_by_hand(name):
    work, laps = WORKLOADS[name](*SMALL.get(name, ())), {"workload": name}
    found = SYSTEMS["etude numpy"](work, laps)(*work.values)
    for one, other in zip(SYSTEMS["numpy by hand"](work, laps)(*work.values), found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


def test_a_table_is_printed_and_written(tmp_path, capsys):
    file = tmp_path / "figures.json"
    arguments = ["elemwise_small", "--systems", "etude numpy", "--threads", "1", "--seconds", "0", "--json", str(file)]
    assert main(arguments) == 0
    (record,) = json.loads(file.read_text())
    assert (record["workload"], record["system"], record["threads"], record["agrees"]) == ("elemwise_small", "etude numpy", 1, True)
    assert {"import", "build", "cold", "warm", "ready", "wall", "least", "median", "megabytes"} <= set(record)
    assert "elemwise_small" in capsys.readouterr().out


def test_tables_mark_the_least():
    rows = [("a", "one", 2e-3), ("a", "two", 1.2346e-6), ("b", "two", 3.0)]
    same = {"threads": 1, "megabytes": 70.4, "import": 0.5, "build": 0.25, "ready": 4.0}
    records = [{"workload": w, "system": s, "median": t, "least": t, "cold": t, **same} for w, s, t in rows]
    found = tables(records)
    assert "| `b` |  | **3.75 s** |" in found
    assert "| `b` |  | **4.5 s** |" in found
    assert "| `a` | 2 ms | **1.23 us** |" in found
    assert "| `b` |  | **3 s** |" in found
    assert "| `b` |  | **70** |" in found
    assert shown(5e-8) == "0.05 us"


def test_gradients_of_programs_are_timed(tmp_path, capsys):
    file = tmp_path / "figures.json"
    assert gradients.main(["--sizes", "30", "--systems", "etude,etude raw,nosuch", "--json", str(file)]) == 0
    assert [(record["system"], record["operations"]) for record in json.loads(file.read_text())] == [("etude", 30), ("etude raw", 30)]
    assert "KeyError: 'nosuch'" in capsys.readouterr().out


@pytest.mark.parametrize(("operations", "distinct"), [(1, 4), (10, 10), (300, 299)])
def test_a_program_has_about_as_many_operations_as_asked_for(operations, distinct):
    cost = gradients.program(et, et.scalar("x"), et.scalar("y"), operations, 0)
    assert et.count_operations(cost) == distinct


@pytest.mark.parametrize(
    ("text", "count"), [("x", 0), ("-2", 0), ("-x", 1), ("u**-0.5", 1), ("1/sqrt(u)", 2), ("where(x > 0, x, -x)", 3), ("a if b else c", 0)]
)
def test_operations_of_a_text(text, count):
    assert simplification.operations(text) == count


def test_simplification_is_compared_over_a_file(tmp_path, capsys):
    file, figures = tmp_path / "cases.jsonl", tmp_path / "figures.json"
    rows = [
        {"expr": "sin(x)**2 + cos(x)**2", "vars": {"x": "real"}, "best_ops": 0}, {"expr": "exp(log(y)) + y", "vars": {"y": "positive"}},
        {"expr": "sum(v)", "vars": {"v": "vector"}},
    ]  # fmt: skip
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert simplification.main([str(file), "--systems", "etude", "--json", str(figures)]) == 0
    assert [(each[0], each[2]) for each in json.loads(figures.read_text())["results"]["etude"]] == [(0, "1.0"), (1, "2 * y")]
    assert capsys.readouterr().out.splitlines()[0] == "2 of 3 expressions, 8 operations as written"


@pytest.mark.parametrize("shared", [False, True])
def test_random_expressions_of_the_engine_are_the_same_each_time(shared):
    (one, nodes), (other, again) = (engine.expression(200, 3, shared) for _ in range(2))
    assert one.term is other.term
    assert nodes == again >= 200
    assert all(figure > 0 for figure in (*engine.costs(60, shared), *engine.memory(60, shared)))
