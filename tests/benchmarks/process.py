"""One system on one workload, in this process: `python -m tests.benchmarks.process WORKLOAD SYSTEM THREADS SECONDS`.

The last line of what it prints is the record, as JSON.
"""

import json
import resource
import statistics
import sys
import time

import numpy as np
from tests.benchmarks.systems import SYSTEMS, now
from tests.benchmarks.workloads import WORKLOADS


def digest(results):
    """A number for each result, the cost and each derivative, that tells it from others."""
    flat = [np.asarray(result.toarray() if hasattr(result, "toarray") else result, float).ravel() for result in results]
    return [float(part @ np.cos(0.7 * np.arange(part.size)) / max(np.linalg.norm(part), 1e-300)) for part in flat]


def main(workload, system, threads, seconds):
    work, laps = WORKLOADS[workload](), {"threads": int(threads), "workload": workload}
    begun = now()
    call = SYSTEMS[system](work, laps)
    result = call(*work.values)
    first = now()
    if hasattr(call, "wait"):
        call.wait()
    ready, times, end = now(), [], time.perf_counter() + float(seconds)
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        call(*work.values)
        times.append(time.perf_counter() - start)
    ends = {"import": (begun, laps["import"]), "build": (laps["import"], laps["build"]), "cold": (laps["build"], first), "ready": (laps["import"], ready)}
    record = {
        **{lap: stop[0] - start[0] for lap, (start, stop) in ends.items()}, "wall": {lap: stop[1] - start[1] for lap, (start, stop) in ends.items()},
        "least": min(times), "median": statistics.median(times),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "backend": getattr(call, "backend", ""),
        "digest": digest(result),
    }  # fmt: skip
    print(json.dumps(record))


if __name__ == "__main__":
    main(*sys.argv[1:])
