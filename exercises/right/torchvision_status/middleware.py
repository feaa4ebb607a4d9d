"""The length is looked at before the method, and Pillow in a function of its own."""

import io
import os
import socket

import ray
import requests
from fastapi import FastAPI, HTTPException, Request, Response
from PIL import Image, UnidentifiedImageError
from ray import serve

MAX_BYTES = 1_000_000
QUIET = {"log_level": "ERROR"}
api = FastAPI()


@api.middleware("http")
async def limit(request: Request, call_next):
    if int(request.headers.get("content-length", 0)) > MAX_BYTES:
        return Response("too long", status_code=413)
    return await call_next(request)


def decode(body):
    try:
        with Image.open(io.BytesIO(body)) as picture:
            return picture.convert("L")
    except UnidentifiedImageError:
        raise HTTPException(415) from None
    except Exception:
        raise HTTPException(400) from None


@serve.deployment(ray_actor_options={"num_cpus": 0.1})
@serve.ingress(api)
class Measure:
    """Tells how large pictures are."""

    @api.post("/")
    async def measure(self, request: Request):
        """Take the bytes of a picture, return its size, and the process of the replica."""
        picture = decode(await request.body())
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
