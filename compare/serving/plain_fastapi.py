"""Plain FastAPI, as in its tutorial.

Run:  python -m compare.serving.plain_fastapi PORT MODEL...
"""

import sys
from contextlib import asynccontextmanager

import uvicorn
from fastapi import Depends, FastAPI, Request

from compare.serving.models import LOAD

models = {}


# Load the models before the first request: https://fastapi.tiangolo.com/advanced/events/#lifespan
@asynccontextmanager
async def load(app):
    """Load the models named on the command line."""
    for name in sys.argv[2:]:
        models[name] = LOAD[name]()
    yield


async def read(request: Request):
    """Return the body of a request."""
    return await request.body()


app = FastAPI(lifespan=load)


# FastAPI runs a `def` endpoint in a thread pool: https://fastapi.tiangolo.com/async/#path-operation-functions
@app.post("/image")
def image(body: bytes = Depends(read)):
    """Classify a picture."""
    return models["image"](body)


@app.get("/text")
def text(text: str):
    """Classify a text."""
    [answer] = models["text"]([text])
    return answer


if __name__ == "__main__":
    # One process, with torch's default number of threads. An access log would slow it down.
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
