"""Before you run the file, predict how many requests Serve refuses.

Task:  Predict the result of each step of outcomes() and write it into PREDICTED as a Python value. Only then run this
       file and compare.
Check: make exercises ONLY=torchvision_predict
Look:  serve_torchvision.py, the settings of ImageModel
Time:  8 minutes
"""

import ray
from ray import serve
from ray.serve.exceptions import BackPressureError
from ray.util.queue import Queue

# exercise
# PREDICTED = {"one replica": None, "two replicas": None, "no limit": None}  # TODO
# solution
PREDICTED = {"one replica": 5, "two replicas": 3, "no limit": 0}
# end
QUIET = {"log_level": "ERROR"}


@serve.deployment(max_ongoing_requests=2, max_queued_requests=3, ray_actor_options={"num_cpus": 0.1})
class Desk:
    """Works on a request until the door is open."""

    async def __call__(self, arrivals, door):
        """Report that work has begun, then wait for the door to open."""
        await arrivals.put_async("here")
        await door.get_async()


without_limit = Desk.options(max_queued_requests=-1)  # the default
apps = {"one": Desk.bind(), "two": Desk.options(num_replicas=2).bind(), "endless": without_limit.bind()}


def refused_by(desk, places):
    """Send ten requests, none of which ends before all are sent. Return how many are refused."""
    sent, arrivals, door = [], Queue(), Queue()  # a Queue passes items between processes
    for number in range(10):
        sent.append(desk.remote(arrivals, door))
        if number < places:
            arrivals.get()  # until all places are taken, each request begins before the next one is sent
    door.put_nowait_batch(["open"] * 10)
    refused = 0
    for request in sent:
        try:
            request.result()
        except BackPressureError:  # over HTTP: status 503, or the one in backpressure_config
            refused += 1
    return refused


def outcomes(one, two, endless):
    """Return how many of ten requests are refused by one replica, by two, and by one without a limit."""
    return {"one replica": refused_by(one, 2), "two replicas": refused_by(two, 4), "no limit": refused_by(endless, 2)}


if __name__ == "__main__":
    ray.init(address="local")
    serve.start(proxy_location="Disabled", logging_config=QUIET)  # handles need no HTTP
    handles = [serve.run(app, name=name, route_prefix=None, logging_config=QUIET) for name, app in apps.items()]
    print(outcomes(*handles))
