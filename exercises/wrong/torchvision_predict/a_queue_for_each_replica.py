"""Each replica has a queue of three."""

import asyncio

import ray
from ray import serve
from ray.serve.exceptions import BackPressureError

PREDICTED = {"one replica": 5, "two replicas": 0, "no limit": 0}
QUIET = {"log_level": "ERROR"}


@ray.remote
class Gate:
    """Keeps everybody waiting until it is opened."""

    def __init__(self):
        self.arrived, self.opened = 0, asyncio.Event()

    async def pass_through(self):
        """Arrive, and wait until the gate is open."""
        self.arrived += 1
        await self.opened.wait()

    async def wait_for(self, number):
        """Wait until that many have arrived."""
        while self.arrived < number:
            await asyncio.sleep(0.1)

    async def open(self):
        """Let everybody pass."""
        self.opened.set()


@serve.deployment(max_ongoing_requests=2, max_queued_requests=3, ray_actor_options={"num_cpus": 0.1})
class Desk:
    """Works on each request until the gate is open."""

    async def __call__(self, gate):
        """Wait for the gate."""
        await gate.pass_through.remote()


def count_refused(desk, places):
    """Send ten requests, none of which ends before all are sent. Return how many are refused.

    The first ones, as many as the replicas have places, are sent one by one, so that each takes its place.
    """
    gate, handle = Gate.remote(), serve.run(desk.bind(), name="desk", route_prefix=None, logging_config=QUIET)
    sent = []
    for number in range(1, 11):
        sent.append(handle.remote(gate))
        ray.get(gate.wait_for.remote(min(number, places)))
    ray.get(gate.open.remote())
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
