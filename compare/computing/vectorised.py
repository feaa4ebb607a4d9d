"""Is it worth splitting one fast NumPy call?

NumPy sums twenty million numbers. Each parallel tool splits the array into one part per CPU.
"""

import numpy as np

from compare.computing.start import WORKERS

CASES = {"160 MB": 20_000_000}
QUICK = {"8 MB": 1_000_000}


def prepare(size):
    """Return an int64 array."""
    return np.arange(size)


def add_up(numbers):
    """Return the sum of an array."""
    return int(numbers.sum())


def with_plain_python(_, numbers):
    return add_up(numbers)


def with_futures(pool, numbers):
    return sum(pool.map(add_up, np.array_split(numbers, WORKERS)))


def with_joblib(parallel, numbers):
    from joblib import delayed

    return sum(parallel()(delayed(add_up)(part) for part in np.array_split(numbers, WORKERS)))


def with_dask(client, numbers):
    # https://distributed.dask.org/en/stable/locality.html
    parts = client.scatter(np.array_split(numbers, WORKERS))
    return sum(client.gather(client.map(add_up, parts)))


def with_spark(context, numbers):
    return context.parallelize(np.array_split(numbers, WORKERS), WORKERS).map(add_up).sum()


def with_ray(_, numbers):
    import ray

    task = ray.remote(add_up)
    return sum(ray.get([task.remote(part) for part in np.array_split(numbers, WORKERS)]))
