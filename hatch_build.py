"""The optional compiled core: with ETUDE_COMPILE=1 a wheel holds the modules of rewriting and of gradients below as machine code.

They are the Python sources as they stand, compiled by mypyc; and the hash of a term is read from its slot in C. Whatever is
left out of the wheel is found as Python, so that every part works without its compiled form. `python hatch_build.py PLACE` builds
into a folder, such as `src` of a checkout, beside the sources.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
REWRITING = """
engine collecting algebra candidates numbers building fitting folding expansion horner counting regions rational goals
""".split()
CALCULUS = "pruning reverse".split()
MODULES = [
    "etude/terms/traverse.py",
    *[f"etude/rewriting/{name}.py" for name in REWRITING],
    *[f"etude/calculus/{name}.py" for name in CALCULUS],
]
HASH = "etude/terms/kept_hash.c"
NEEDED = ["mypy>=1.13", "setuptools>=61"]
SCRIPT = """
from setuptools import Extension, setup
from mypyc.build import mypycify
options = ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent"]
modules = mypycify([*options, *{modules!r}], opt_level="2", debug_level="0", group_name="etude_core")
setup(name="etude_core", packages=[], ext_modules=[*modules, Extension("etude.terms.kept_hash", [{hash!r}])])
"""


def built(place: Path) -> list[Path]:
    """The extension modules, made below `place` where the import system looks for them."""
    with tempfile.TemporaryDirectory() as room:
        script = SCRIPT.format(modules=MODULES, hash=HASH)
        options = ["--quiet", "build_ext", "--build-lib", str(place), "--build-temp", room]
        environment = {**os.environ, "MYPYPATH": ".", "MYPY_CACHE_DIR": str(Path(room, "cache"))}
        linked = Path(room, "src")
        linked.mkdir()
        Path(linked, "etude").symlink_to(ROOT / "src" / "etude", target_is_directory=True)
        subprocess.run([sys.executable, "-c", script, *options], cwd=linked, env=environment, check=True, stdout=sys.stderr)  # noqa: S603
    return sorted(place.rglob(f"*{sysconfig.get_config_var('EXT_SUFFIX')}"))


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling for each wheel."""

    made: "tempfile.TemporaryDirectory[str] | None" = None

    def dependencies(self) -> list[str]:
        return NEEDED if _asked() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "standard" or not _asked():
            return
        self.made = tempfile.TemporaryDirectory()
        place = Path(self.made.name)
        build_data["force_include"].update({str(each): each.relative_to(place).as_posix() for each in built(place)})
        build_data["pure_python"], build_data["infer_tag"] = False, True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if self.made is not None:
            self.made.cleanup()


def _asked() -> bool:
    return os.environ.get("ETUDE_COMPILE", "0") not in ("", "0")


if __name__ == "__main__":
    print(*built(Path(sys.argv[1]).resolve()), sep="\n")
