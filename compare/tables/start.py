"""Starts and stops each tool, with one thread or process per CPU. Arguments extend or override the settings here.

Here and in the questions, each function imports its own tool, so that no process loads the other tools.
"""

import logging
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager

# Eight workers are enough to show a tool's overhead.
WORKERS = min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
# The folder for the tables. COMPARE_DATA is shared by all runs, whose temporary folders differ.
DATA = os.environ.get("COMPARE_DATA") or tempfile.gettempdir()
RAY = {"num_cpus": WORKERS, "include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}


@contextmanager
def pandas():
    """Start nothing: pandas is single-threaded."""
    yield None


@contextmanager
def polars(**variables):
    """Set environment variables and yield nothing."""
    # The number of threads must be set before the import:
    # https://docs.pola.rs/api/python/stable/reference/api/polars.thread_pool_size.html
    os.environ.update({"POLARS_MAX_THREADS": str(WORKERS)} | variables)
    yield None


@contextmanager
def duckdb(**settings):
    """Yield a connection to an in-memory database."""
    import duckdb

    # Keeping row order takes time and memory: https://duckdb.org/docs/current/guides/performance/how_to_tune_workloads
    with duckdb.connect(config={"threads": WORKERS, "preserve_insertion_order": False} | settings) as connection:
        yield connection


@contextmanager
def dask(**settings):
    """Yield the client of a Dask cluster on this machine."""
    from dask import config
    from dask.distributed import Client, LocalCluster

    # By default, its workers return freed memory at once, which makes the model of inference.py three times as slow:
    # https://distributed.dask.org/en/stable/worker-memory.html#automatically-trim-memory
    config.set({"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None})
    # Text and Python code hold the GIL, so use single-threaded processes:
    # https://docs.dask.org/en/stable/deploying-python.html
    options = {"n_workers": WORKERS, "threads_per_worker": 1, "dashboard_address": None} | settings
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        yield client


@contextmanager
def spark(**settings):
    """Yield a SparkSession. Raises RuntimeError if Java is missing."""
    if not shutil.which("java"):
        raise RuntimeError("PySpark needs Java 17 or later, but java is not on the PATH")
    from pyspark.sql import SparkSession

    defaults = {
        "driver.memory": "4g",  # the default is 1 GB for all threads together
        "log.level": "OFF",
        "ui.enabled": "false",
        "driver.bindAddress": "127.0.0.1",
        "sql.session.timeZone": "UTC",
        # https://spark.apache.org/docs/latest/sql-performance-tuning.html#tuning-partitions
        "sql.shuffle.partitions": 2 * WORKERS,
        # https://spark.apache.org/docs/latest/api/python/tutorial/sql/arrow_pandas.html
        "sql.execution.arrow.pyspark.enabled": "true",
    }
    # By default Spark runs the Python on the PATH: https://spark.apache.org/docs/latest/configuration.html
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(f"local[{WORKERS}]")
    for name, value in (defaults | settings).items():
        builder = builder.config(f"spark.{name}", value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@contextmanager
def modin(**settings):
    """Start Ray and yield nothing: Modin uses the running instance."""
    import ray
    from modin import config

    ray.init(address="local", **(RAY | settings))
    # https://modin.readthedocs.io/en/stable/flow/modin/config.html
    config.Engine.put("ray")
    config.CpuCount.put(WORKERS)
    yield
    ray.shutdown()


@contextmanager
def ray_data(**settings):
    """Start Ray and yield nothing: Ray Data uses the running instance."""
    import ray

    ray.init(address="local", **(RAY | settings))
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    # Shuffle in memory rather than on disk: https://docs.ray.io/en/latest/data/api/data_context.html
    context.use_disk_based_hash_shuffle = False
    yield
    ray.shutdown()


TOOLS = {tool.__name__: tool for tool in (pandas, polars, duckdb, dask, spark, modin, ray_data)}
