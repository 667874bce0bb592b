"""`python -m tests.benchmarks [WORKLOAD ...] [--systems etude,jax,...] [--threads 1,2] [--seconds S] [--json FILE]`

Every system computes every workload in a process of its own; results are compared with the first system's. Columns, in
seconds of processor time of the process and its children, which neighbors inflate least: `import` of the library; `build`
of the expression and its gradient; `cold`, the first result where nothing is in the cache of compiled code; `warm`, the
same in a new process where it is; `ready`, from the import until compiled code answers, where NumPy did at first. Then, in
wall time, the least and the median of a call (NumPy in, NumPy out), and the greatest memory of the process in MB. Systems
that are not installed are left out. Étude's modules are compiled first, as installing leaves them and every other system's.
"""

import argparse
import compileall
import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec

import numpy as np
from tests.benchmarks.systems import SYSTEMS
from tests.benchmarks.workloads import WORKLOADS

LIMIT = 300  # seconds until a process is stopped
ROUNDING = 1e-6  # of the size of a result; sums in another order differ by some of it
VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ETUDE_NUM_THREADS")


def options(given):
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(WORKLOADS)}; all unless named")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="their names, with commas")
    parser.add_argument("--threads", default="1,2", help="numbers, with commas")
    parser.add_argument("--seconds", default="0.5", help="of timed calls in a process")
    parser.add_argument("--json", metavar="FILE", help="write every record there")
    found = parser.parse_args(given)
    found.systems = found.systems.split(",")
    unknown = [*(set(found.workloads) - set(WORKLOADS)), *(set(found.systems) - set(SYSTEMS))]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; workloads: {', '.join(WORKLOADS)}; systems: {', '.join(SYSTEMS)}")
    return found


def once(workload, system, threads, seconds, cache):
    """The record of one process, or a text that says why there is none."""
    settings = {**os.environ, **dict.fromkeys(VARIABLES, threads), "ETUDE_CACHE_DIR": cache}
    settings["PYTENSOR_FLAGS"] = f"base_compiledir={cache}/pytensor"
    settings["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1" if threads == "1" else ""
    command = [sys.executable, "-m", "tests.benchmarks.process", workload, system, threads, seconds]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=settings, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return f"stopped after {LIMIT} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["failed"])[-1].removeprefix("tests.benchmarks.systems.Unable: ")
    return json.loads(done.stdout.splitlines()[-1])


def measured(workload, system, threads, seconds):
    """The record of a system: a process with an empty cache and one with the cache that it left."""
    with tempfile.TemporaryDirectory(prefix="etude-benchmarks-") as cache:
        record = once(workload, system, threads, seconds, cache)
        again = once(workload, system, threads, "0", cache) if isinstance(record, dict) else None
    if isinstance(again, dict):
        record["warm"] = again["cold"]
    return record


def agrees(record, reference):
    return all(np.isclose(a, b, rtol=ROUNDING, atol=ROUNDING) for a, b in zip(record["digest"], reference["digest"], strict=False))


def shown(record):
    laps = "".join(f"{record[lap]:8.2f}" if record.get(lap) is not None else f"{'-':>8}" for lap in ("import", "build", "cold", "warm", "ready"))
    return f"{laps}{1e6 * record['least']:13.2f}{1e6 * record['median']:13.2f}{record['megabytes']:8.0f}"


def compile_modules():
    """Compile Étude's modules, which a checkout may hold as text alone; where that cannot be written, each process does it."""
    for folder in find_spec("etude").submodule_search_locations:
        compileall.compile_dir(folder, quiet=2)


def main(given):
    chosen = options(given)
    compile_modules()
    installed = [name for name in chosen.systems if find_spec(name.split()[0])]
    if missing := [name for name in chosen.systems if name not in installed]:
        print(f"not installed: {', '.join(missing)}")
    records, disagreeing = [], 0
    for threads in chosen.threads.split(","):
        print(f"\n{'workload, threads ' + threads:24}{'system':16}{'import':>8}{'build':>8}{'cold':>8}{'warm':>8}{'ready':>8}{'min us':>13}{'median us':>13}{'MB':>8}")
        for workload in chosen.workloads or WORKLOADS:
            reference = None
            for system in installed:
                record = measured(workload, system, threads, chosen.seconds)
                if isinstance(record, str):
                    print(f"{workload:24}{system:16} {record[:120]}", flush=True)
                    continue
                reference = reference or record
                right = agrees(record, reference)
                disagreeing += not right
                note = f"  ({record['backend']})" if record["backend"] not in ("", system.split()[-1]) else ""
                print(f"{workload:24}{system:16}{shown(record)}{note}{'' if right else '  DISAGREES'}", flush=True)
                records.append({"workload": workload, "system": system, "threads": int(threads), "agrees": right, **record})
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump(records, file, indent=1)
    return 1 if disagreeing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
