"""Serving: a deployment is a class whose instances, called replicas, are actors that answer requests.

Run:   python O4_serve.py    (serve run O4_serve:app keeps it running for your own requests)
Next:  O5_patterns.py
Docs:  https://docs.ray.io/en/latest/serve/index.html
Time:  10 minutes
"""

import math
import socket

import ray
import requests
from fastapi import FastAPI
from pydantic import BaseModel, Field
from ray import serve

QUIET = {"log_level": "WARNING"}  # do not log every request
MEAN_PETALS = {"setosa": (1.46, 0.25), "versicolor": (4.26, 1.33), "virginica": (5.55, 2.03)}  # cm, from the iris data
TENTH_OF_A_CPU = {"num_cpus": 0.1}  # what each replica reserves, so that all four fit on one core


@serve.deployment(ray_actor_options=TENTH_OF_A_CPU)
class MyFirstDeployment:
    """Answers every request with the same message."""

    def __init__(self, message):
        self.message = message

    def __call__(self):
        """Return the message."""
        return self.message


@serve.deployment(num_replicas=2, ray_actor_options=TENTH_OF_A_CPU)
class Classifier:
    """Predicts the species of an iris from its petals."""

    def classify(self, length, width):
        """Return the species with the nearest mean petal, and the id of the replica that answers."""
        species = min(MEAN_PETALS, key=lambda name: math.dist((length, width), MEAN_PETALS[name]))
        return {"species": species, "replica": serve.get_replica_context().replica_id.unique_id}


class Petal(BaseModel):
    """The body of a request."""

    length: float = Field(gt=0)
    width: float = Field(gt=0)


api = FastAPI()


@serve.deployment(ray_actor_options=TENTH_OF_A_CPU)
@serve.ingress(api)
class Garden:
    """Takes HTTP requests and calls the classifier."""

    def __init__(self, classifier):
        self.classifier = classifier

    @api.post("/classify")
    async def classify(self, petal: Petal):
        """Return the answer of one of the classifier's replicas."""
        return await self.classifier.classify.remote(petal.length, petal.width)


# bind() describes an application and starts nothing. Garden gets a handle to Classifier.
hello = MyFirstDeployment.bind("Hello world!")
app = Garden.bind(Classifier.bind())


def main():
    ray.init(address="local")  # on a cluster: `serve run` to try it out, `serve deploy` in production
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]  # a free one: Serve's default, 8000, is often taken
    serve.start(http_options={"port": port}, logging_config=QUIET)
    http = requests.Session()
    http.trust_env = False  # not through a proxy

    # run() starts the replicas and waits until they are ready. The handle that it returns calls them from Python.
    handle = serve.run(hello, name="hello", route_prefix="/hello", logging_config=QUIET)
    print("through the handle:", handle.remote().result())
    # -> through the handle: Hello world!
    print("over HTTP:", http.get(f"http://127.0.0.1:{port}/hello").text)
    # -> over HTTP: Hello world!

    # An application of two deployments: requests arrive at Garden, which calls Classifier.
    serve.run(app, name="garden", route_prefix="/garden", logging_config=QUIET)
    url = f"http://127.0.0.1:{port}/garden/classify"
    answer = http.post(url, json={"length": 1.4, "width": 0.2})
    print("a petal:", answer.status_code, answer.json()["species"])
    # -> a petal: 200 setosa

    # FastAPI checks the body against Petal before the method runs, and rejects anything invalid.
    answer = http.post(url, json={"length": -1, "width": 0.2})
    print("not a petal:", answer.status_code, answer.json()["detail"][0]["msg"])
    # -> not a petal: 422 Input should be greater than 0

    # Serve spreads requests over the replicas. For each one it picks two at random and takes the less busy one.
    answers = [http.post(url, json={"length": 5.5, "width": 2.1}).json() for _ in range(20)]
    print("twenty requests:", {answer["species"] for answer in answers})
    # -> twenty requests: {'virginica'}
    print("answered by replicas:", sorted({answer["replica"] for answer in answers}))
    # -> answered by replicas: ['...', '...']


if __name__ == "__main__":
    main()
