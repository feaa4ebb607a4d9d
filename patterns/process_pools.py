"""Process pools: code that uses multiprocessing or joblib moves to Ray by one line, and from there to a cluster.

Run:   python patterns/process_pools.py
Docs:  https://docs.ray.io/en/latest/ray-more-libs/multiprocessing.html
"""

import os

import joblib
import ray
from ray.util.joblib import register_ray
from ray.util.multiprocessing import Pool  # the line: it was `from multiprocessing import Pool`


def square(number):
    """Return the square."""
    return number * number


def main():
    """Run the pattern."""
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local")

    with Pool(processes=1) as pool:  # of actors, one CPU each, wherever the cluster has them
        print("a pool:", pool.map(square, range(6)))
        # -> a pool: [0, 1, 4, 9, 16, 25]
        print("with two arguments:", pool.starmap(pow, [(2, 3), (3, 2)]))
        # -> with two arguments: [8, 9]

    # scikit-learn computes in parallel through joblib, so this line moves its grid searches too.
    register_ray()
    with joblib.parallel_config(backend="ray", n_jobs=1):
        print("joblib:", joblib.Parallel()(joblib.delayed(square)(number) for number in range(6)))
        # -> joblib: [0, 1, 4, 9, 16, 25]


if __name__ == "__main__":
    main()
