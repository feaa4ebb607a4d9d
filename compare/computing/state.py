"""How does a tool keep state from one call to the next?

Two histograms of a million counters each count a hundred batches of numbers. Each returns the number of its counters in
use after every batch, before the next batch is sent.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.managers import BaseManager
from operator import methodcaller

import numpy as np

CASES = {"1 batch": 1, "100 batches": 100}  # one batch mostly measures creating the objects
QUICK = {"3 batches": 3}
COUNTERS = 1_000_000
HISTOGRAMS = 2


class Histogram:
    """Counts numbers."""

    def __init__(self):
        self.counters = np.zeros(COUNTERS, np.int64)
        self.used = 0

    def add(self, numbers):
        """Count an array of distinct numbers from 0 to 999,999. Return how many counters are in use."""
        self.used += int(np.count_nonzero(self.counters[numbers] == 0))
        self.counters[numbers] += 1
        return self.used


def prepare(count):
    """Return the batches: arrays of a thousand numbers each."""
    random = np.random.default_rng(0)
    return [random.choice(COUNTERS, 1_000, replace=False, shuffle=False) for _ in range(count)]


def with_plain_python(_, batches):
    histograms = [Histogram() for _ in range(HISTOGRAMS)]
    return [[histogram.add(batch) for histogram in histograms] for batch in batches]


class Histograms(BaseManager):
    """A process that keeps histograms: https://docs.python.org/3/library/multiprocessing.html#customized-managers."""


Histograms.register("Histogram", Histogram)


def with_futures(_, batches):
    managers = [Histograms() for _ in range(HISTOGRAMS)]
    for manager in managers:
        manager.start()
    histograms = [manager.Histogram() for manager in managers]
    with ThreadPoolExecutor(HISTOGRAMS) as threads:
        answers = [list(threads.map(methodcaller("add", batch), histograms)) for batch in batches]
    for manager in managers:
        manager.shutdown()
    return answers


def add_to(histogram, batch):
    """Return the updated histogram and the answer. For tools that keep no state: it travels to a task and back."""
    if not histogram.counters.flags.writeable:
        histogram.counters = histogram.counters.copy()
    answer = histogram.add(batch)
    return histogram, answer


def with_joblib(parallel, batches):
    from joblib import delayed

    histograms, answers = [Histogram() for _ in range(HISTOGRAMS)], []
    for batch in batches:
        results = parallel()(delayed(add_to)(histogram, batch) for histogram in histograms)
        histograms = [histogram for histogram, _ in results]
        answers.append([answer for _, answer in results])
    return answers


def with_dask(client, batches):
    # https://distributed.dask.org/en/stable/actors.html
    workers = sorted(client.scheduler_info()["workers"])
    homes = [workers[number % len(workers)] for number in range(HISTOGRAMS)]
    histograms = [client.submit(Histogram, actor=True, pure=False, workers=[home]).result() for home in homes]
    return [[call.result() for call in [histogram.add(batch) for histogram in histograms]] for batch in batches]


def with_spark(context, batches):
    histograms, answers = [Histogram() for _ in range(HISTOGRAMS)], []
    for batch in batches:
        state = context.parallelize(histograms, HISTOGRAMS)
        results = state.map(partial(add_to, batch=batch)).collect()
        histograms = [histogram for histogram, _ in results]
        answers.append([answer for _, answer in results])
    return answers


def with_ray(_, batches):
    import ray

    # https://docs.ray.io/en/latest/ray-core/actors.html
    actor = ray.remote(Histogram)
    histograms = [actor.remote() for _ in range(HISTOGRAMS)]
    return [ray.get([histogram.add.remote(batch) for histogram in histograms]) for batch in batches]
