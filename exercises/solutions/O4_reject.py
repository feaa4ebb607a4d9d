"""Reject numbers that have no square root.

Task:  A negative number gets status 500, as if the service were broken, because math.sqrt() raises an error. Change the
       file so that a negative number gets status 422, as a word already does. 0 stays valid.
Check: make exercises ONLY=O4_reject
Look:  O4_serve.py, Petal
Time:  5 minutes
"""

import math
import socket

import ray
import requests
from fastapi import FastAPI
from pydantic import BaseModel, Field
from ray import serve

QUIET = {"log_level": "ERROR"}


class Number(BaseModel):
    """The body of a request."""

    # exercise
    # value: float  # TODO: every number is accepted.
    # solution
    value: float = Field(ge=0)
    # end
    digits: int = Field(default=3, le=10)  # decimal places of the root


api = FastAPI()


@serve.deployment(ray_actor_options={"num_cpus": 0.1})
@serve.ingress(api)
class Roots:
    """Computes square roots."""

    @api.post("/root")
    def root(self, number: Number):
        """Return the square root of the number, rounded."""
        return {"root": round(math.sqrt(number.value), number.digits)}


app = Roots.bind()


if __name__ == "__main__":
    ray.init(address="local")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    serve.start(http_options={"port": port}, logging_config=QUIET)
    serve.run(app, logging_config=QUIET)
    http = requests.Session()
    http.trust_env = False  # not through a proxy
    for value in 4, 0, -1, "four":
        print(value, http.post(f"http://127.0.0.1:{port}/root", json={"value": value}).status_code)
