"""An actor reserves a CPU, like a task."""

import time

import ray

PREDICTED = {"task and actor": [1, 1], "1.5 CPUs each": 2, "five CPUs": "waits", "one MB": "ends"}


def reserved():
    """Return how many CPUs are reserved for the task or actor that calls this."""
    return ray.get_runtime_context().get_assigned_resources().get("CPU", 0)


@ray.remote
def take(megabytes=0):
    """Take some memory for half a second. Return when this began and ended, and how many CPUs are reserved for it."""
    began, taken = time.monotonic(), bytearray(megabytes * 1_000_000)
    time.sleep(0.5)
    del taken
    return began, time.monotonic(), reserved()


@ray.remote
class Idler:
    """Does nothing."""

    def cpus(self):
        """Return how many CPUs are reserved for this actor."""
        return reserved()


def at_once(results):
    """Return how many tasks ran at once, at most, given what they returned."""
    return max(sum(began <= moment < ended for began, ended, _ in results) for moment, _, _ in results)


def fate(call):
    """Return "ends" if a call ends within five seconds, "fails" if it raises an error, "waits" otherwise."""
    try:
        ray.get(call, timeout=5)
        return "ends"
    except ray.exceptions.GetTimeoutError:
        ray.cancel(call)
        return "waits"
    except Exception:
        return "fails"


def outcomes():
    """Return what the four steps give."""
    return {
        "task and actor": [ray.get(take.remote())[2], ray.get(Idler.remote().cpus.remote())],
        "1.5 CPUs each": at_once(ray.get([take.options(num_cpus=1.5).remote() for _ in range(6)])),
        "five CPUs": fate(take.options(num_cpus=5).remote()),
        "one MB": fate(take.options(memory=1_000_000).remote(megabytes=100)),
    }


if __name__ == "__main__":
    ray.init(address="local", num_cpus=4)
    print(outcomes())
