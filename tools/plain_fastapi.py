"""The served models behind plain FastAPI until standard input ends, for the benchmark to compare with.

`plain` is what FastAPI's documentation shows: a `def` endpoint, which FastAPI runs in a thread pool, in one process,
with torch's default number of threads. `tuned` does what the lessons do, in a process for each core: one thread
computes, one request at a time.

Run:  python -m tools.plain_fastapi serve_torchvision plain 8123
"""

import asyncio
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import torch
import uvicorn
from fastapi import Depends, FastAPI, Request

import serve_torchvision
from sentiment.model import SentimentModel

answer = None  # maps a request's content to the lesson's answer, once the model is loaded


def image_model():
    """Return the lesson's image model without Serve."""
    _, model, *_ = serve_torchvision.ImageModel.func_or_class.__mro__  # the class under Serve's wrapper
    return model(serve_torchvision.LITE)


def load_sentiment_model():
    """Return a function from a text to the lesson's answer."""
    model = SentimentModel()
    return lambda text: model.classify([text])[0]


LOADERS = {"serve_torchvision": lambda: image_model().predict, "serve_transformers": load_sentiment_model}


async def body(request: Request):
    """Return the body of a request."""
    return await request.body()


def application(lesson, tuned):
    """Return a FastAPI application."""

    @asynccontextmanager
    async def load(app):
        global answer
        answer = LOADERS[lesson]()
        yield

    app = FastAPI(lifespan=load)
    if tuned:
        thread = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=[1])

        @app.post("/")
        async def image(content: bytes = Depends(body)):
            return await asyncio.get_running_loop().run_in_executor(thread, answer, content)

        @app.get("/")
        async def sentiment(text: str):
            return await asyncio.get_running_loop().run_in_executor(thread, answer, text)
    else:

        @app.post("/")
        def image(content: bytes = Depends(body)):
            return answer(content)

        @app.get("/")
        def sentiment(text: str):
            return answer(text)

    return app


def from_environment():
    """Return the application that the command line names: uvicorn calls this in each of its processes."""
    return application(os.environ["BENCH_LESSON"], os.environ["BENCH_KIND"] == "tuned")


def end_with_input():
    """Wait until standard input ends, then end this server."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    os.environ["BENCH_LESSON"], os.environ["BENCH_KIND"], port = sys.argv[1:]
    workers = os.cpu_count() if os.environ["BENCH_KIND"] == "tuned" else 1
    options = {"log_level": "warning", "access_log": False, "factory": True, "workers": workers}
    threading.Thread(target=end_with_input, daemon=True).start()
    uvicorn.run("tools.plain_fastapi:from_environment", port=int(port), **options)
