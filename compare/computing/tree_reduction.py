"""How do large results get from one task to the next?

32 tasks make an array of 8 MB each. Further tasks add the arrays in pairs, then the sums in pairs, until one is left.
"""

import numpy as np

CASES = {"32 arrays": 32}
QUICK = {"4 arrays": 4}
SIZE = 1_000_000


def prepare(count):
    """Return the number of arrays, a power of two."""
    return count


def make(number):
    """Return an int64 array."""
    return np.arange(SIZE) * number


def add(a, b):
    """Return the sum of two arrays."""
    return a + b


def summary(array, _):
    """Return the length and the last element, to compare the results."""
    return [len(array), int(array[-1])]


def with_plain_python(_, count):
    arrays = [make(number) for number in range(count)]
    while len(arrays) > 1:
        arrays = [add(a, b) for a, b in zip(arrays[::2], arrays[1::2])]
    return arrays[0]


def with_futures(pool, count):
    arrays = [pool.submit(make, number) for number in range(count)]
    while len(arrays) > 1:
        arrays = [pool.submit(add, a.result(), b.result()) for a, b in zip(arrays[::2], arrays[1::2])]
    return arrays[0].result()


def with_joblib(parallel, count):
    from joblib import delayed

    arrays = parallel()(delayed(make)(number) for number in range(count))
    while len(arrays) > 1:
        arrays = parallel()(delayed(add)(*pair) for pair in zip(arrays[::2], arrays[1::2]))
    return arrays[0]


def with_dask(client, count):
    # A task takes another task's future as an argument, and the array moves from worker to worker:
    # https://docs.dask.org/en/stable/futures.html#submit-tasks
    arrays = [client.submit(make, number, pure=False) for number in range(count)]
    while len(arrays) > 1:
        arrays = [client.submit(add, *pair, pure=False) for pair in zip(arrays[::2], arrays[1::2])]
    return arrays[0].result()


def with_spark(context, count):
    # https://spark.apache.org/docs/latest/api/python/reference/api/pyspark.RDD.treeReduce.html
    return context.parallelize(range(count), count).map(make).treeReduce(add)


def with_ray(_, count):
    import ray

    # https://docs.ray.io/en/latest/ray-core/tasks.html#passing-object-refs-to-ray-tasks
    make_task, add_task = ray.remote(make), ray.remote(add)
    arrays = [make_task.remote(number) for number in range(count)]
    while len(arrays) > 1:
        arrays = [add_task.remote(*pair) for pair in zip(arrays[::2], arrays[1::2])]
    return ray.get(arrays[0])
