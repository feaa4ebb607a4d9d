"""Predict the effects of resource requests on a node with four CPUs.

Task:  Predict the result of each step of outcomes() and write it into PREDICTED as a Python value. Only then run this
       file and compare.
Check: make exercises ONLY=O6_predict
Look:  O6_resources.py, all of it
Time:  8 minutes
"""

import time

import ray

# exercise
# PREDICTED = {"1.5 CPUs each": None, "five CPUs": None, "one MB": None}  # TODO
# solution
PREDICTED = {"1.5 CPUs each": 2, "five CPUs": True, "one MB": 100}
# end


@ray.remote
def work(megabytes=1):
    """Work for half a second. Return when it began and ended, and how many MB of memory it used."""
    began, memory = time.monotonic(), bytearray(megabytes * 1_000_000)
    time.sleep(0.5)
    return began, time.monotonic(), len(memory) // 1_000_000


def at_once(results):
    """Return the largest number of tasks that ran at the same time, given their results."""
    return max(sum(began <= moment < ended for began, ended, _ in results) for moment, _, _ in results)


def waits(call):
    """Return whether a call is still waiting after five seconds, and has neither finished nor failed."""
    ready, _ = ray.wait([call], timeout=5)
    ray.cancel(call)
    return not ready


def outcomes():
    """Return the results of the three steps."""
    return {
        "1.5 CPUs each": at_once(ray.get([work.options(num_cpus=1.5).remote() for _ in range(6)])),
        "five CPUs": waits(work.options(num_cpus=5).remote()),
        "one MB": ray.get(work.options(memory=1_000_000).remote(megabytes=100))[2],
    }


if __name__ == "__main__":
    ray.init(address="local", num_cpus=4)
    print(outcomes())
