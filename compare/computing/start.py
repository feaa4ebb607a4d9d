"""Starts and stops each tool, with one process per CPU.

Here and in the questions, each function imports its own tool, so that no process loads the other tools.
"""

import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial

# Eight workers are enough to show a tool's overhead.
WORKERS = min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())


@contextmanager
def plain_python():
    """Start nothing."""
    yield None


@contextmanager
def futures():
    """Yield a pool of processes."""
    with ProcessPoolExecutor(WORKERS) as pool:
        yield pool


@contextmanager
def joblib():
    """Yield joblib's Parallel with the number of processes set. The first call starts them; later calls reuse them."""
    from joblib import Parallel
    from joblib.externals.loky import get_reusable_executor

    yield partial(Parallel, n_jobs=WORKERS)
    get_reusable_executor().shutdown()


@contextmanager
def dask():
    """Yield the client of a Dask cluster on this machine."""
    from dask.distributed import Client, LocalCluster

    # Python code holds the GIL, so use single-threaded processes:
    # https://docs.dask.org/en/stable/deploying-python.html
    options = {"n_workers": WORKERS, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        yield client


@contextmanager
def spark():
    """Yield a SparkContext. Raises RuntimeError if Java is missing."""
    if not shutil.which("java"):
        raise RuntimeError("PySpark needs Java 17 or later, but java is not on the PATH")
    from pyspark.sql import SparkSession

    settings = {
        # A task may fail three times, as on a cluster: https://spark.apache.org/docs/latest/submitting-applications.html
        "spark.master": f"local[{WORKERS},4]",
        "spark.driver.memory": "2g",  # the default is 1 GB: https://spark.apache.org/docs/latest/configuration.html
        "spark.driver.host": "127.0.0.1",  # the default may be an address that a firewall blocks
        # Faster than TCP between Java and Python: https://issues.apache.org/jira/browse/SPARK-51688
        "spark.python.unix.domain.socket.enabled": "true",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "OFF",
    }
    session = SparkSession.builder.config(map=settings).getOrCreate()
    yield session.sparkContext
    session.stop()


@contextmanager
def ray():
    """Start Ray and yield nothing: Ray's functions use the running instance."""
    import ray

    ray.init(address="local", num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


TOOLS = {tool.__name__: tool for tool in (plain_python, futures, joblib, dask, spark, ray)}
