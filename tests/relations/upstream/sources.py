"""Other people's own test files, fetched where they are published and held against their known content."""

import os
import shutil
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from pathlib import Path

ETUPLES = "etuples==0.3.10"
ETUPLES_HASH = "sha256:26fde81d7e822837146231bfce4d6ba67eab5d7ed55bc58ba7437c2568051167"
# Source distributions of miniKanren hold no tests, its repository does; a commit's name is the hash of its content.
KANREN = "miniKanren==1.0.5"
KANREN_REPOSITORY = "https://github.com/pythological/kanren"
KANREN_COMMIT = "3a1da968c8d6d02511f4992d8c34d898e17443d5"

PLUGIN = Path(__file__).with_name("terms_for_etuples.py")
SOURCE = Path(__file__).parents[3] / "src"


def etuples_tests(cache: Path) -> Path:
    """The folder of etuples' tests, out of the source distribution that pip fetches and checks."""
    found = cache / "etuples-0.3.10" / "tests"
    if not found.is_dir():
        wanted = cache / "etuples.txt"
        wanted.write_text(f"{ETUPLES} --hash={ETUPLES_HASH}\n")
        options = ["--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes", "--dest", str(cache), "-r", str(wanted)]
        subprocess.run([sys.executable, "-m", "pip", "download", *options], check=True)
        with tarfile.open(cache / "etuples-0.3.10.tar.gz") as archive:
            archive.extractall(cache, filter="data")
    return found


def kanren_tests(cache: Path) -> Path:
    """The folder of kanren's tests: of the checkout that `KANREN_CHECKOUT` names, or of the known commit."""
    checkout = os.environ.get("KANREN_CHECKOUT")
    if checkout:
        return Path(checkout) / "tests"
    found = cache / f"kanren-{KANREN_COMMIT[:12]}"
    if not (found / "tests").is_dir():
        partial = found.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        git = ["git", "-C", str(partial)]
        subprocess.run(["git", "init", "--quiet", str(partial)], check=True)
        subprocess.run([*git, "fetch", "--quiet", "--depth", "1", KANREN_REPOSITORY, KANREN_COMMIT], check=True)
        subprocess.run([*git, "checkout", "--quiet", "FETCH_HEAD"], check=True)
        partial.rename(found)
    return found / "tests"


def outcomes(tests: Path, files: list[str], room: Path) -> dict[str, str]:
    """What became of every test in these files, run in a process where etuples are terms."""
    shutil.copytree(tests, room / "tests")
    (room / "pytest.ini").write_text("[pytest]\n")
    report = room / "report.xml"
    places = os.pathsep.join(filter(None, [str(PLUGIN.parent), str(SOURCE), str(room), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "pytest", "-q", "-p", PLUGIN.stem, "-p", "no:cacheprovider", f"--junitxml={report}"]
    done = subprocess.run(
        [*command, *(f"tests/{name}.py" for name in files)],
        cwd=room, env={**os.environ, "PYTHONPATH": places}, capture_output=True, text=True, check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = {}
    for case in ET.parse(report).iter("testcase"):
        ends = {child.tag for child in case}
        found[f"{case.get('classname').rpartition('.')[2]}.{case.get('name')}"] = next(iter(ends & {"failure", "error", "skipped"}), "passed")
    return found
