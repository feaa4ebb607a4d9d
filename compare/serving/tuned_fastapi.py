"""FastAPI tuned like the lessons: a process per core, one model thread, and texts in batches.

Run:  OMP_NUM_THREADS=1 python -m compare.serving.tuned_fastapi PORT MODEL...
"""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request

from compare.serving.models import BATCH, CORES, LOAD

models = {}
queue = asyncio.Queue()  # of texts, each with the future of its answer
thread = ThreadPoolExecutor(1)


async def compute(model, argument):
    """Call a model in the model thread, which leaves the event loop free for requests."""
    return await asyncio.get_running_loop().run_in_executor(thread, models[model], argument)


async def compute_batches():
    """Call the text model with the texts that arrived while it was busy. No text waits for a batch to fill."""
    while True:
        batch = [await queue.get()]
        while len(batch) < BATCH and not queue.empty():
            batch.append(queue.get_nowait())
        for (_, answer), result in zip(batch, await compute("text", [text for text, _ in batch])):
            answer.set_result(result)


@asynccontextmanager
async def load(app):
    """Load the models named in MODELS."""
    for name in os.environ["MODELS"].split():
        models[name] = LOAD[name]()
    batches = asyncio.create_task(compute_batches())
    yield
    batches.cancel()


app = FastAPI(lifespan=load)


@app.post("/image")
async def image(request: Request):
    """Classify a picture."""
    return await compute("image", await request.body())


@app.get("/text")
async def text(text: str):
    """Classify a text."""
    answer = asyncio.get_running_loop().create_future()
    queue.put_nowait((text, answer))
    return await answer


if __name__ == "__main__":
    os.environ["MODELS"] = " ".join(sys.argv[2:])  # for the workers, which import this file
    # One process per core: https://fastapi.tiangolo.com/deployment/server-workers/
    options = {"port": int(sys.argv[1]), "log_level": "warning", "access_log": False}
    uvicorn.run("compare.serving.tuned_fastapi:app", workers=CORES, **options)
