"""One system on one workload, in this process: `python -m tests.benchmarks.process WORKLOAD SYSTEM THREADS SECONDS`.

The last line of what it prints is the record, as JSON.
"""

import json
import resource
import statistics
import sys
import time

import numpy as np
from tests.benchmarks.systems import SYSTEMS
from tests.benchmarks.workloads import WORKLOADS


def digest(results):
    """A number for each result, the cost and each derivative, that tells it from others."""
    flat = [np.asarray(result.toarray() if hasattr(result, "toarray") else result, float).ravel() for result in results]
    return [float(part @ np.cos(0.7 * np.arange(part.size)) / max(np.linalg.norm(part), 1e-300)) for part in flat]


def main(workload, system, threads, seconds):
    work, laps = WORKLOADS[workload](), {"threads": int(threads), "workload": workload}
    begun = time.perf_counter()
    call = SYSTEMS[system](work, laps)
    result = call(*work.values)
    first = time.perf_counter()
    if hasattr(call, "wait"):
        call.wait()
    times, end = [], time.perf_counter() + float(seconds)
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        call(*work.values)
        times.append(time.perf_counter() - start)
    record = {
        "import": laps["import"] - begun, "build": laps["build"] - laps["import"], "cold": first - laps["build"],
        "least": min(times), "median": statistics.median(times),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "backend": getattr(call, "backend", ""),
        "digest": digest(result),
    }  # fmt: skip
    print(json.dumps(record))


if __name__ == "__main__":
    main(*sys.argv[1:])
