"""Rules judged side by side: the same verdicts, and none that is waited for without an end."""

import time
from functools import partial
from itertools import count

import pytest

import etude as et
from etude.check import Effort, check_rules, check_side_by_side
from etude.check.workers import following, side_by_side

TEXT = "good: abs(-x) -> abs(x)\nbad: sin(2*x) -> 2*sin(x)\nodd: foo(x) -> x\nd(sin(u)) = cos(u) * d(u)\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "some.rules"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_verdicts_do_not_depend_on_where_they_are_worked_out(file):
    assert check_side_by_side(file, workers=2).to_json() == et.check_rules(file).to_json()


def test_rule_that_takes_too_long_is_not_judged():
    found = check_rules("r: sin(2*x) -> 2*sin(x)*cos(x)", Effort(seconds=0.0)).rules[0]
    assert (found.sound, found.promise) == (None, None)
    assert found.note.startswith("not decided within 0 s")


def test_rule_is_given_up_by_processor_time_on_a_machine_that_is_busy_otherwise(monkeypatch):
    monkeypatch.setattr(time, "monotonic", count(0.0, 1000.0).__next__)
    assert check_rules("good: abs(-x) -> abs(x)").rules[0].sound


def _squares():
    return lambda number: number**2


def _endless():
    return lambda number: number or _forever()


def _asleep():
    return lambda number: number or time.sleep(3600)


def _dying():
    return lambda number: number or _gone()


def _slowly():
    return lambda number: time.sleep(0.6) or number


def _forever():
    while True:
        pass


def _gone():
    raise SystemExit(3)


def _broken():
    raise SystemExit(3)


def test_results_come_in_order():
    assert side_by_side(_squares, 7, str, 60, 2) == [0, 1, 4, 9, 16, 25, 36]


@pytest.mark.parametrize("prepare", [_endless, _dying])
def test_process_that_works_for_ever_or_dies_costs_one_result_whatever_the_clock_says(prepare, monkeypatch):
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    assert side_by_side(prepare, 3, partial("late {}".format), 0.5, 1) == ["late 0", 1, 2]


def test_process_that_waits_for_ever_costs_one_result():
    assert side_by_side(_asleep, 3, partial("late {}".format), 0.3, 1) == ["late 0", 1, 2]


def test_process_is_not_ended_before_long_on_a_machine_that_is_busy_otherwise():
    assert side_by_side(_slowly, 2, partial("late {}".format), 0.5, 1) == [0, 1]


def test_process_that_cannot_begin_is_an_error():
    with pytest.raises(RuntimeError, match="ended before it had begun"):
        side_by_side(_broken, 2, str, 60, 1)


def test_worker_goes_on_with_the_next_number_and_halves_what_is_left_to_another():
    assert following(-1, set(range(10)), {None}) == 0
    assert following(-1, set(range(1, 10)), {0, None}) == 5
    assert following(0, {1, 2, 3, 4, 6, 7, 8, 9}, {None, 5}) == 1
    assert following(4, {6, 7, 8, 9}, {5, None}) == 8
