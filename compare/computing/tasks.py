"""What does a task cost?

Each call is a separate task. The share of CPU time spent on the work shows how long tasks must be to pay off.
"""

from itertools import repeat

from compare.computing.work import burn

CASES = {"0 ms": (500, 0), "1 ms": (500, 0.001), "10 ms": (200, 0.01), "100 ms": (40, 0.1)}  # count, seconds each
QUICK = {"0 ms": (100, 0), "10 ms": (20, 0.01)}


def prepare(case):
    """Return the number of tasks and their length."""
    return case


def work(number, seconds):
    """Return the square of a number after this many seconds of work."""
    burn(seconds)
    return number * number


def with_plain_python(_, case):
    count, seconds = case
    return sum(work(number, seconds) for number in range(count))


def with_futures(pool, case):
    count, seconds = case
    return sum(pool.map(work, range(count), repeat(seconds)))


def with_joblib(parallel, case):
    from joblib import delayed

    count, seconds = case
    return sum(parallel(batch_size=1)(delayed(work)(number, seconds) for number in range(count)))


def with_dask(client, case):
    count, seconds = case
    return sum(client.gather(client.map(work, range(count), seconds=seconds, pure=False)))


def with_spark(context, case):
    count, seconds = case
    # In Spark, each partition is a task.
    return context.parallelize(range(count), count).map(lambda number: work(number, seconds)).sum()


def with_ray(_, case):
    import ray

    count, seconds = case
    task = ray.remote(work)
    return sum(ray.get([task.remote(number, seconds) for number in range(count)]))
