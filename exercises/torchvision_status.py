"""Use the HTTP status to report what is wrong with a picture.

Task:  A body that is no valid picture gets status 500, and a body of any length is accepted. Change measure() so that
       the status says what is wrong: 413 if the Content-Length is missing or more than MAX_BYTES, 415 for bytes that
       are neither JPEG nor PNG, and 400 for a damaged picture.
Check: make exercises ONLY=torchvision_status
Look:  serve_torchvision.py, decode() and classify()
Time:  12 minutes
"""

import io
import os
import socket

import ray
import requests
from fastapi import FastAPI, Request
from PIL import Image
from ray import serve

MAX_BYTES = 1_000_000
QUIET = {"log_level": "ERROR"}
api = FastAPI()


@serve.deployment(ray_actor_options={"num_cpus": 0.1})
@serve.ingress(api)
class Measure:
    """Tells how large pictures are."""

    @api.post("/")
    async def measure(self, request: Request):
        """Take the bytes of a picture. Return its size and the process id of the replica."""
        body = await request.body()
        picture = Image.open(io.BytesIO(body), formats=["JPEG", "PNG"])  # TODO: raises an error if it is neither.
        picture.load()  # decodes the pixels, while open() reads only the header
        return {"width": picture.width, "height": picture.height, "process": os.getpid()}


app = Measure.bind()


if __name__ == "__main__":
    ray.init(address="local")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    serve.start(http_options={"port": port}, logging_config=QUIET)
    serve.run(app, logging_config=QUIET)
    http = requests.Session()
    http.trust_env = False  # not through a proxy
    print(http.post(f"http://127.0.0.1:{port}/", data=b"a cup of coffee").status_code)
