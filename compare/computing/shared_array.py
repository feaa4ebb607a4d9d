"""How do many tasks read one large array?

Each element is the index of the next one to read. Each of forty tasks takes 100,000 steps from a different start, and
may reach any part of the array.
"""

from functools import lru_cache
from multiprocessing.shared_memory import SharedMemory

import numpy as np

CASES = {"400 MB": 50_000_000}
QUICK = {"40 MB": 5_000_000}
MEMORY = True
STARTS = range(40)
STEPS = 100_000


def prepare(size):
    """Return an int64 array that contains each number from 0 to size - 1 once."""
    return (np.arange(size) * 48_271 + 11) % size


def follow(array, place):
    """Return the index after all steps."""
    for _ in range(STEPS):
        place = array[place]
    return int(place)


def with_plain_python(_, array):
    return [follow(array, start) for start in STARTS]


def with_futures(pool, array):
    # https://docs.python.org/3/library/multiprocessing.shared_memory.html
    memory = SharedMemory(create=True, size=array.nbytes)
    np.ndarray(array.shape, array.dtype, memory.buf)[:] = array
    tasks = [pool.submit(follow_in, memory.name, array.shape, start) for start in STARTS]
    results = [task.result() for task in tasks]
    memory.close()
    memory.unlink()
    return results


@lru_cache(1)
def attached(name):
    """Return the shared memory with this name. Each process attaches it once."""
    return SharedMemory(name)


def follow_in(name, shape, start):
    """Follow the array in the shared memory with this name."""
    return follow(np.ndarray(shape, np.int64, attached(name).buf), start)


def with_joblib(parallel, array):
    from joblib import delayed

    # joblib writes a large array to a file that all processes map into memory:
    # https://joblib.readthedocs.io/en/stable/parallel.html#working-with-numerical-data-in-shared-memory-memmapping
    return parallel()(delayed(follow)(array, start) for start in STARTS)


def with_dask(client, array):
    # Skip hashing the content: https://distributed.dask.org/en/stable/api.html#distributed.Client.scatter
    everywhere = client.scatter(array, broadcast=True, hash=False)
    return client.gather([client.submit(follow, everywhere, start, pure=False) for start in STARTS])


def with_spark(context, array):
    # https://spark.apache.org/docs/latest/rdd-programming-guide.html#broadcast-variables
    everywhere = context.broadcast(array)
    results = context.parallelize(STARTS, len(STARTS)).map(lambda start: follow(everywhere.value, start)).collect()
    everywhere.destroy()
    return results


def with_ray(_, array):
    import ray

    # https://docs.ray.io/en/latest/ray-core/objects.html
    stored = ray.put(array)
    task = ray.remote(follow)
    return ray.get([task.remote(stored, start) for start in STARTS])
