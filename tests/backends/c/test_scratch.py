"""Directories for what is being made go, whoever ends first."""

import os
import subprocess
import sys

from etude.backends.c.scratch import Scratch

LEAVING = """
import numpy as np, time, etude as et
x = et.symbol("x", (3,))
f = et.function([x], et.sin(x) * 2, backend="auto")
for _ in range(60):
    f(np.ones(3))
while not list(__import__("pathlib").Path(r"{cache}").rglob("started")):
    time.sleep(0.01)
"""


def test_it_goes_with_the_block(tmp_path):
    with Scratch("making-", tmp_path) as place:
        (place / "part").write_text("")
        assert list(tmp_path.iterdir()) == [place]
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_ends_while_a_program_is_compiled_says_nothing(tmp_path):
    compiler, cache = tmp_path / "slow-cc", tmp_path / "cache"
    compiler.write_text(f"#!/bin/sh\ntouch {cache}/started\nexec sleep 600\n")
    compiler.chmod(0o700)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LEAVING.format(cache=cache)],
        env={**os.environ, "CC": str(compiler), "ETUDE_CACHE_DIR": str(cache)},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [entry.name for entry in cache.rglob("*") if entry.name != "started"] == []


ENDING = """
import atexit, concurrent.futures.thread, numpy as np, etude as et
x = et.symbol("x", (3,))
@atexit.register
def last():
    print(et.function([x], x * 2, backend="c")(np.ones(3)))
"""


def test_what_fails_while_the_process_ends_is_no_news(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", ENDING],
        env={**os.environ, "CC": "/bin/false", "ETUDE_CACHE_DIR": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "[2. 2. 2.]\n", "")


FORKED = """
import os, sys
from pathlib import Path
from etude.backends.c.scratch import Scratch
kept = Scratch("kept-", Path(r"{parent}"))
child = os.fork()
if child:
    os.waitpid(child, 0)
    print(kept.path.exists())
"""


def test_a_forked_child_leaves_its_parents_directories(tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", FORKED.format(parent=tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert (done.stdout, list(tmp_path.iterdir())) == ("True\n", [])
