"""What of the library is machine code: terms, sums and products in C wherever there is a C compiler, and with ETUDE_COMPILE=1
the rest of rewriting as well.

What is written in C is compiled for every installation, an editable one included, as nothing but Python's headers is needed
for it; where that fails, the Python it stands for is used. The modules of rewriting and of gradients below are the Python
sources as they stand, compiled by mypyc, for wheels alone. `python hatch_build.py PLACE` builds all of it into a folder, such
as `src` of a checkout, beside the sources. ETUDE_COMPILE=0 leaves everything as Python; an editable installation then removes
what is written in C and an earlier one compiled.
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
engine collecting algebra candidates tables patterns numbers building fitting folding expansion horner counting regions
rational goals
""".split()
CALCULUS = "pruning reverse".split()
MODULES = [
    *[f"etude/rewriting/{name}.py" for name in REWRITING],
    *[f"etude/calculus/{name}.py" for name in CALCULUS],
]
IN_C = {
    "etude.terms.core": [f"etude/terms/{name}.c" for name in "core interning sets walks counts regions order".split()],
    "etude.rewriting.sums": [f"etude/rewriting/{name}.c" for name in "sums products gathering".split()],
}
SETUPTOOLS, MYPY = "setuptools>=61", "mypy>=1.13"
SCRIPT = """
from setuptools import Extension, setup
modules = {modules!r}
if modules:
    from mypyc.build import mypycify
    options = ["--config-file=", "--ignore-missing-imports", "--follow-imports=skip"]
    modules = mypycify([*options, *modules], opt_level="2", debug_level="0", group_name="etude_core")
written = [Extension(name, files, optional=not modules) for name, files in {written!r}.items()]
setup(name="etude_core", packages=[], ext_modules=[*modules, *written])
"""


def built(place: Path, everything: bool = True) -> list[Path]:
    """The extension modules, made below `place` where the import system looks: those in C, and where asked everything."""
    with tempfile.TemporaryDirectory() as room:
        script = SCRIPT.format(modules=MODULES if everything else [], written=IN_C)
        options = ["--quiet", "build_ext", "--build-lib", str(place), "--build-temp", room]
        environment = {**os.environ, "MYPYPATH": ".", "MYPY_CACHE_DIR": str(Path(room, "cache"))}
        linked = Path(room, "src")
        linked.mkdir()
        Path(linked, "etude").symlink_to(ROOT / "src" / "etude", target_is_directory=True)
        subprocess.run([sys.executable, "-c", script, *options], cwd=linked, env=environment, check=everything, stdout=sys.stderr)  # noqa: S603
    return sorted(place.rglob(f"*{sysconfig.get_config_var('EXT_SUFFIX')}"))


def remove_left(place: Path) -> None:
    """Take away the extension modules in C that an earlier editable installation left for this Python beside the sources."""
    for name in IN_C:
        Path(place, name.replace(".", "/") + str(sysconfig.get_config_var("EXT_SUFFIX"))).unlink(missing_ok=True)


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling for each wheel."""

    made: "tempfile.TemporaryDirectory[str] | None" = None

    def dependencies(self) -> list[str]:
        return [] if _asked() == "0" else [SETUPTOOLS] if _asked() == "" else [SETUPTOOLS, MYPY]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if _asked() == "0":
            if version == "editable":
                remove_left(ROOT / "src")
            return
        if version == "editable":
            built(ROOT / "src", everything=False)
            return
        self.made = tempfile.TemporaryDirectory()
        place = Path(self.made.name)
        found = built(place, everything=_asked() != "")
        build_data["force_include"].update({str(each): each.relative_to(place).as_posix() for each in found})
        if found:
            build_data["pure_python"], build_data["infer_tag"] = False, True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if self.made is not None:
            self.made.cleanup()


def _asked() -> str:
    return os.environ.get("ETUDE_COMPILE", "")


if __name__ == "__main__":
    print(*built(Path(sys.argv[1]).resolve()), sep="\n")
