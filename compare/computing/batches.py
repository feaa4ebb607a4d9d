"""What do very short calls cost if a tool may batch them?

20,000 calls of 50 microseconds each, made as each tool's documentation recommends for short calls.
"""

from compare.computing.start import WORKERS
from compare.computing.work import burn

CASES = {"20,000 calls": 20_000}
QUICK = {"1,000 calls": 1_000}
BATCHES = 10 * WORKERS


def prepare(count):
    """Return the numbers to call the function with."""
    return range(count)


def work(number):
    """Return the square of a number after 50 microseconds of work."""
    burn(50e-6)
    return number * number


def work_on(numbers):
    """Return the results for several numbers."""
    return [work(number) for number in numbers]


def with_plain_python(_, numbers):
    return sum(work(number) for number in numbers)


def with_futures(pool, numbers):
    # https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Executor.map
    return sum(pool.map(work, numbers, chunksize=len(numbers) // BATCHES))


def with_joblib(parallel, numbers):
    from joblib import delayed

    # joblib times the first calls and chooses its batch size:
    # https://joblib.readthedocs.io/en/stable/generated/joblib.Parallel.html
    return sum(parallel()(delayed(work)(number) for number in numbers))


def with_dask(client, numbers):
    from dask import bag

    # https://docs.dask.org/en/stable/best-practices.html#avoid-very-large-graphs
    return bag.from_sequence(numbers, npartitions=BATCHES).map(work).sum().compute()


def with_spark(context, numbers):
    # Two to four partitions per CPU: https://spark.apache.org/docs/latest/rdd-programming-guide.html
    return context.parallelize(numbers, 3 * WORKERS).map(work).sum()


def with_ray(_, numbers):
    import ray

    # https://docs.ray.io/en/latest/ray-core/patterns/too-fine-grained-tasks.html
    task = ray.remote(work_on)
    size = len(numbers) // BATCHES
    batches = [task.remote(numbers[start : start + size]) for start in range(0, len(numbers), size)]
    return sum(sum(results) for results in ray.get(batches))
