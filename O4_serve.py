"""Serving: a deployment is a class whose copies, the replicas, are actors that answer requests.

Run:   python O4_serve.py    (serve run O4_serve:app keeps it up for requests of your own)
Next:  O5_patterns.py
Docs:  https://docs.ray.io/en/latest/serve/index.html
Time:  12 minutes
"""

import os
import socket
import sys

import ray
import requests
from fastapi import FastAPI
from pydantic import BaseModel, Field
from ray import serve

HOST = "127.0.0.1"  # this machine alone can reach it
# Each replica reserves a tenth of a CPU, not a whole one, so that all of them fit on one core. The second setting
# only makes the lesson end sooner: a replica that has to stop looks ten times a second whether it is idle.
SMALL = {"ray_actor_options": {"num_cpus": 0.1}, "graceful_shutdown_wait_loop_s": 0.1}
QUIET = {"log_level": "WARNING"}  # without it the replicas log every request
PETALS = {"setosa": (1.46, 0.25), "versicolor": (4.26, 1.33), "virginica": (5.55, 2.03)}  # means, from lesson O3


@serve.deployment(**SMALL)
class MyFirstDeployment:
    """Answers every request with the same message."""

    def __init__(self, message):
        self.message = message

    def __call__(self):
        """Return the message."""
        return self.message


class Petal(BaseModel):
    """The body of a request, in cm."""

    length: float = Field(gt=0)
    width: float = Field(gt=0)


@serve.deployment(num_replicas=2, **SMALL)
class Classifier:
    """Names an iris by its petals."""

    def classify(self, length, width):
        """Return the species whose mean petal is nearest, and the id of the replica that says so."""
        species = min(PETALS, key=lambda name: (length - PETALS[name][0]) ** 2 + (width - PETALS[name][1]) ** 2)
        return {"species": species, "replica": serve.get_replica_context().replica_id.unique_id}


api = FastAPI()


@serve.deployment(**SMALL)
@serve.ingress(api)
class Garden:
    """Takes HTTP requests and asks the classifier."""

    def __init__(self, classifier):
        self.classifier = classifier

    @api.post("/classify")
    async def classify(self, petal: Petal):
        """Return the answer of one of the classifier's replicas."""
        return await self.classifier.classify.remote(petal.length, petal.width)


# bind() says what an application is made of and starts nothing. Garden is given a handle of Classifier.
hello = MyFirstDeployment.bind("Hello world!")
app = Garden.bind(Classifier.bind())


def free_port():
    """Return a port that nobody uses. The one that Serve takes by itself, 8000, is often in use."""
    with socket.create_server((HOST, 0)) as probe:
        return probe.getsockname()[1]


def ask(url):
    """Run both applications and send them requests."""
    http = requests.Session()
    http.trust_env = False  # a firewall's proxy must not get what stays on this machine

    # run() starts the replicas and waits for them. Its handle calls them from Python, its route over HTTP.
    handle = serve.run(hello, name="hello", route_prefix="/hello", logging_config=QUIET)
    print("through the handle:", handle.remote().result(timeout_s=60))
    # -> through the handle: Hello world!
    print("over HTTP:", http.get(f"{url}/hello", timeout=60).text)
    # -> over HTTP: Hello world!

    # An application of two deployments: the request enters at Garden, which calls Classifier.
    serve.run(app, name="garden", route_prefix="/garden", logging_config=QUIET)
    answer = http.post(f"{url}/garden/classify", json={"length": 1.4, "width": 0.2}, timeout=60)
    print("a petal:", answer.status_code, answer.json()["species"])
    # -> a petal: 200 setosa

    # The type of the argument is checked before the method runs: what does not fit is refused, with the reason.
    answer = http.post(f"{url}/garden/classify", json={"length": -1, "width": 0.2}, timeout=60)
    print("not a petal:", answer.status_code, answer.json()["detail"][0]["msg"])
    # -> not a petal: 422 Input should be greater than 0

    # For each request Serve draws two replicas and takes the less busy one. Here both are always drawn, and idle.
    petal = {"length": 5.5, "width": 2.1}
    answers = [http.post(f"{url}/garden/classify", json=petal, timeout=60).json() for _ in range(20)]
    print("twenty requests:", {answer["species"] for answer in answers})
    # -> twenty requests: {'virginica'}
    print("answered by replicas:", sorted({answer["replica"] for answer in answers}))
    # -> answered by replicas: ['...', '...']


def main():
    """Run the lesson."""
    # Starts Ray on this machine, or joins the cluster that RAY_ADDRESS names as host:port.
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address != "local":
        try:
            socket.create_connection(address.rsplit(":", 1), timeout=5).close()
        except (OSError, ValueError):
            sys.exit(f"No Ray cluster answers at RAY_ADDRESS={address}. Start it, or unset the variable.")
    ray.init(address=address)
    if serve.status().proxies or serve.status().applications:
        sys.exit("Serve is in use on this cluster already. Run this script without RAY_ADDRESS.")

    port = free_port()
    try:
        serve.start(http_options={"host": HOST, "port": port}, logging_config=QUIET)
        ask(f"http://{HOST}:{port}")
    finally:
        # On a cluster that goes on, Serve would go on too.
        serve.shutdown()


if __name__ == "__main__":
    main()
