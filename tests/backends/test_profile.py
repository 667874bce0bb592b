"""How a profile is shown: its table, its picture, and the machine it is held against."""

import sys
from xml.etree import ElementTree as ET

import pytest

from etude.backends import Profile, ProfileRow
from etude.backends.machine import Machine, machine

SVG = "{http://www.w3.org/2000/svg}"
ROWS = (
    ProfileRow("%1 = exp(x)", "exp", 1e-6, 16_000, 1000),
    ProfileRow("%2 = a < b & c", "less", 3e-6, 3000, 9000),
)


@pytest.fixture(autouse=True)
def known_machine(monkeypatch):
    monkeypatch.setattr(sys.modules["etude.backends.profile"], "machine", lambda: Machine(4e9, 1e10))


def test_shares_of_what_the_machine_can_do():
    found = Profile(ROWS)
    assert found.of_bandwidth(ROWS[0]) == pytest.approx(4.0)
    assert found.of_bandwidth(ROWS[1]) == pytest.approx(0.25)
    assert [found.of_peak(row) for row in found] == pytest.approx([0.1, 0.3])


def test_the_table_has_the_slowest_first():
    lines = str(Profile(ROWS)).splitlines()
    assert lines[1].split() == ["3.00", "75.0%", "3000", "25.0%", "9000", "30.0%", "%2", "=", "a", "<", "b", "&", "c"]
    assert lines[2].split()[:6] == ["1.00", "25.0%", "16000", "400.0%", "1000", "10.0%"]
    assert lines[3].endswith("all 2 instructions; memory 4.0 GB/s, peak 10.0 Gflop/s")


def test_the_picture_has_a_bar_for_each_share():
    root = ET.fromstring(Profile(ROWS).svg())
    widths = {
        kind: [float(bar.get("width")) for bar in root.iter(f"{SVG}rect") if bar.get("class") == kind and bar.get("width") != "10"]
        for kind in ("time", "memory", "arithmetic")
    }
    whole = 876
    assert widths == {
        "time": pytest.approx([0.75 * whole, 0.25 * whole]),
        "memory": pytest.approx([0.25 * whole, whole], abs=0.1),
        "arithmetic": pytest.approx([0.3 * whole, 0.1 * whole], abs=0.1),
    }
    assert [group.find(f"{SVG}title").text for group in root.iter(f"{SVG}g")] == ["%2 = a < b & c", "%1 = exp(x)"]


def test_the_page_needs_nothing_else(tmp_path):
    Profile(ROWS).html(tmp_path / "profile.html")
    text = (tmp_path / "profile.html").read_text()
    assert "a &lt; b &amp; c" in text and "src=" not in text and "href=" not in text


def test_of_many_rows_the_slowest_are_shown():
    many = Profile(tuple(ProfileRow(f"row{k}", "add", 1e-6 * (k + 1), 8, 1) for k in range(50)), "c")
    assert "... 10 more ..." in str(many) and "row9 " not in str(many)
    assert "40 slowest of 50" in many.svg() and "row49" in many.svg() and "row9<" not in many.svg()


def test_an_empty_profile():
    assert "all 0 instructions" in str(Profile(()))
    assert ET.fromstring(Profile(()).svg()).tag == f"{SVG}svg"


def test_the_machine_is_measured_once():
    found = machine()
    assert found.bandwidth > 1e6 and found.peak > 1e6
    assert machine() is found
