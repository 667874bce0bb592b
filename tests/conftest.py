"""One hypothesis profile for every run: the same examples each time, and no verdict that depends on the clock.

Compiled programs go to a cache of this run's own.
"""

import gc
import os
import tempfile

from hypothesis import HealthCheck, settings

_CACHE = tempfile.TemporaryDirectory(prefix="etude-tests-", ignore_cleanup_errors=True)
os.environ["ETUDE_CACHE_DIR"] = _CACHE.name

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no fault of a test
)
settings.load_profile("ci")


def pytest_collection_finish() -> None:
    """Thousands of tests and modules stay until the end: the collector of garbage need not look at them again and again."""
    gc.collect()
    gc.freeze()
