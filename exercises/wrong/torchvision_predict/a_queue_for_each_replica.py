"""Each replica has a queue of three."""

import ray
from ray import serve
from ray.serve.exceptions import BackPressureError
from ray.util.queue import Queue

PREDICTED = {"one replica": 5, "two replicas": 0, "no limit": 0}
QUIET = {"log_level": "ERROR"}


@serve.deployment(max_ongoing_requests=2, max_queued_requests=3, ray_actor_options={"num_cpus": 0.1})
class Desk:
    """Works on a request until the door is open."""

    async def __call__(self, arrivals, door):
        """Tell that work has begun, and wait for the door."""
        await arrivals.put_async("here")
        await door.get_async()


def count_refused(desk, places):
    """Send ten requests, none of which ends before all are sent. Return how many are refused."""
    handle = serve.run(desk.bind(), name="desk", route_prefix=None, logging_config=QUIET)
    arrivals, door = Queue(), Queue()  # by which processes send something to each other
    sent = []
    for number in range(10):
        sent.append(handle.remote(arrivals, door))
        if number < places:
            arrivals.get()  # until the replicas have no place left, each begins before the next one is sent
    door.put_nowait_batch(["open"] * 10)
    refused = 0
    for request in sent:
        try:
            request.result()
        except BackPressureError:  # over HTTP this is status 503, or what backpressure_config says
            refused += 1
    serve.delete("desk")
    return refused


def outcomes():
    """Return how many of ten requests are refused in each of three cases."""
    return {
        "one replica": count_refused(Desk, places=2),
        "two replicas": count_refused(Desk.options(num_replicas=2), places=4),
        "no limit": count_refused(Desk.options(max_queued_requests=-1), places=2),  # -1 is the default
    }


if __name__ == "__main__":
    ray.init(address="local")
    serve.start(proxy_location="Disabled", logging_config=QUIET)  # handles need no HTTP
    print(outcomes())
