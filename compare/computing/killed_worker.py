"""What is lost when a worker is killed?

Forty tasks of 50 milliseconds. One kills its own process on its first run, as the operating system does when memory
runs out. Only the tool's default recovery counts: no function here retries.
"""

import os
import signal
import tempfile
from pathlib import Path

from compare.computing.work import burn

CASES = {"40 tasks": 40}
QUICK = {"8 tasks": 8}
MAY_RAISE = True  # comes last: some tools are unusable afterwards
CANNOT = {"plain_python": "it is the only process"}


def prepare(count):
    """Return the number of tasks, and an empty folder."""
    return count, tempfile.mkdtemp()


def work(number, case):
    """Return the square of a number. The middle task kills its process on its first run."""
    count, folder = case
    runs = Path(folder, str(number))
    with runs.open("a") as file:
        file.write("+")
    burn(0.05)
    if number == count // 2 and runs.stat().st_size == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def summary(results, case):
    """Return the numbers of tasks, correct results and runs, and the errors returned instead of results."""
    count, folder = case
    results = results or []  # None if the tool raised an error instead
    return {
        "tasks": count,
        "results": sum(result == number * number for number, result in enumerate(results)),
        "runs": sum(path.stat().st_size for path in Path(folder).iterdir()),
        "errors": sorted({type(result).__name__ for result in results if isinstance(result, Exception)}),
    }


def with_futures(pool, case):
    tasks = [pool.submit(work, number, case) for number in range(case[0])]
    return [task.exception() or task.result() for task in tasks]


def with_joblib(parallel, case):
    from joblib import delayed

    return parallel()(delayed(work)(number, case) for number in range(case[0]))


def with_dask(client, case):
    # Dask replaces a dead worker, and a task may lose three workers:
    # https://distributed.dask.org/en/stable/resilience.html
    return client.gather(client.map(work, range(case[0]), case=case, pure=False))


def with_spark(context, case):
    return context.parallelize(range(case[0]), case[0]).map(lambda number: work(number, case)).collect()


def with_ray(_, case):
    import ray

    # Ray retries a task up to three times if its worker dies:
    # https://docs.ray.io/en/latest/ray-core/fault_tolerance/tasks.html
    task = ray.remote(work)
    return ray.get([task.remote(number, case) for number in range(case[0])])
