"""How do the tools handle a table that does not fit in memory?

Runs the pipeline on 32 million trips, 2 GB in memory, with 1.5 GB for all processes of a tool together.

python -m compare.tables.small_memory TOOL MEGABYTES SPILL ROWS    (in a cgroup of tools/compare/memory_limit.py)
"""

import os
import sys

from compare.tables import pipeline, start

ROWS = 32_000_000
MEGABYTES = 1500


def settings(tool, megabytes, spill):
    """Return the settings that a tool's documentation recommends when memory is short."""
    # Ray's own processes take about 700 MB here, which leaves this much for objects. They are in /dev/shm, which counts
    # as memory: https://docs.ray.io/en/latest/ray-core/objects/object-spilling.html
    ray = {"object_store_memory": int(megabytes * 0.2e6), "object_spilling_directory": spill}
    ray |= {"log_to_driver": True, "logging_level": "INFO"}  # show what Ray reports about memory
    return {
        "pandas": {},
        # New, and not yet documented: https://github.com/pola-rs/polars/pull/27998
        "polars": {"POLARS_OOC_MEMORY_BUDGET_MB": str(megabytes // 2), "POLARS_OOC_SPILL_DIR": spill},
        # https://duckdb.org/docs/current/guides/performance/oom
        "duckdb": {"memory_limit": f"{megabytes * 6 // 10}MB", "temp_directory": spill},
        # The client and the scheduler take 300 MB: https://distributed.dask.org/en/stable/worker-memory.html
        "dask": {"memory_limit": f"{(megabytes - 300) // start.WORKERS}MB", "local_directory": spill},
        # https://spark.apache.org/docs/latest/tuning.html#memory-management-overview
        "spark": {"driver.memory": f"{megabytes // 2}m", "local.dir": spill},
        "modin": ray,
        "ray_data": ray,
    }[tool]


if __name__ == "__main__":
    tool, megabytes, spill, rows = sys.argv[1:]
    if tool == "dask":  # https://distributed.dask.org/en/stable/worker-memory.html#automatically-trim-memory
        os.environ["MALLOC_TRIM_THRESHOLD_"] = "65536"
    paths = pipeline.Paths.of(int(rows))
    with start.TOOLS[tool](**settings(tool, int(megabytes), spill)) as handle:
        getattr(pipeline, f"with_{tool}")(handle, paths)
