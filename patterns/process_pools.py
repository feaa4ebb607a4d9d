"""Process pools: with one or two lines changed, code that uses multiprocessing or joblib runs on Ray, on any cluster.

Run:   python patterns/process_pools.py
Docs:  https://docs.ray.io/en/latest/ray-more-libs/multiprocessing.html
"""

import os
import time

import joblib
import ray
from ray.util.joblib import register_ray
from ray.util.multiprocessing import Pool  # the changed line: it was `from multiprocessing import Pool`


def square(number):
    """Return the square."""
    return number * number


def process_id(_):
    """Take a moment and return the id of this process."""
    time.sleep(0.2)
    return os.getpid()


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")

    # The processes are actors. They reserve no CPU unless you pass ray_remote_args={"num_cpus": 1}, and still the pool
    # refuses more of them than the cluster has CPUs.
    with Pool(processes=2) as pool:
        print("a pool:", pool.map(square, range(6)))
        # -> a pool: [0, 1, 4, 9, 16, 25]
        print("processes:", len(set(pool.map(process_id, range(8), chunksize=1))))
        # -> processes: 2

    # joblib needs these two lines. scikit-learn uses joblib, so they move its grid searches to Ray as well.
    register_ray()
    with joblib.parallel_config(backend="ray", n_jobs=2):
        print("joblib:", joblib.Parallel()(joblib.delayed(square)(number) for number in range(6)))
        # -> joblib: [0, 1, 4, 9, 16, 25]


if __name__ == "__main__":
    main()
