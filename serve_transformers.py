"""Sentiment analysis: requests from many clients share a model call, and a long list is answered as a stream.

Run:   python serve_transformers.py    (serve run serve_transformers:app keeps it running for your own texts)
Next:  ipu/I1_devices.py
Docs:  https://docs.ray.io/en/latest/serve/advanced-guides/dyn-req-batch.html
Time:  15 minutes
"""

import asyncio
import json
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import ray
import requests
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field, StringConstraints
from ray import serve

from sentiment.model import MINILM, SentimentModel

MODEL = os.environ.get("MODEL") or MINILM  # or any sentiment model: a folder, or a Hugging Face name
BATCH = 16  # texts in one call of the model: more gain nothing on a CPU
MAX_BYTES = 10_000_000
QUIET = {"log_level": "WARNING"}  # by default Serve logs every request

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100_000)]
Texts = Annotated[list[Text], Field(min_length=1, max_length=1000)]

api = FastAPI(title="Sentiment analysis")


@api.middleware("http")
async def limit_body(request: Request, call_next):
    """Refuse a long body before it is read."""
    length = request.headers.get("content-length", "")
    if request.method == "POST" and (not 0 < len(length) < 9 or int(length) > MAX_BYTES):
        return JSONResponse({"detail": f"A body needs a Content-Length of at most {MAX_BYTES} bytes."}, 413)
    return await call_next(request)


@api.exception_handler(RequestValidationError)
async def refuse(request: Request, error: RequestValidationError):
    """Say what is wrong with the input, without repeating it: by default the answer holds all of it."""
    reasons = [{"loc": reason["loc"], "msg": reason["msg"]} for reason in error.errors()]
    return JSONResponse({"detail": reasons[:10]}, 422)


# A request can join a batch only once it is in the replica, and a replica takes 5 at a time by default.
# serve_torchvision.py has the other settings for production.
@serve.deployment(max_ongoing_requests=500)
@serve.ingress(api)
class SentimentAnalysis:
    """Tells whether texts sound pleased or displeased."""

    def __init__(self, name):
        self.model = SentimentModel(name)
        self.thread = ThreadPoolExecutor(1)  # the model computes here, so the event loop can take requests meanwhile
        self.calls = self.calls_in_flight = 0

    def count_calls(self):
        """Return how often the model has been called."""
        return self.calls

    async def compute(self, texts):
        """Call the model once, after the earlier calls."""
        self.calls += 1
        self.calls_in_flight += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.thread, self.model.classify, texts)
        finally:
            self.calls_in_flight -= 1

    # Each of many requests calls this method with one text and gets one answer. Serve collects the texts, for ten
    # milliseconds or until a batch is full, and runs the method once with a list of them.
    @serve.batch(max_batch_size=BATCH, batch_wait_timeout_s=0.01)
    async def gather(self, texts):
        """Return an answer for each text."""
        return await self.compute(texts)

    @api.get("/")
    async def classify(self, text: Annotated[Text, Query()]):
        """Classify one text."""
        # A batch waits the full ten milliseconds even if no other request comes. When the model is idle that would only
        # delay the answer, so such a request goes straight to the model. When it is busy, the request waits anyway.
        if self.calls_in_flight:
            return await self.gather(text)
        [answer] = await self.compute([text])
        return answer

    @api.post("/", response_class=StreamingResponse)
    async def classify_list(self, texts: Texts):
        """Classify a list of texts. The answer has one line of JSON for each text, in the same order."""

        # Each line a generator yields is sent at once: the first arrive while the last texts wait.
        async def lines():
            for start in range(0, len(texts), BATCH):
                for answer in await self.compute(texts[start : start + BATCH]):
                    yield json.dumps(answer) + "\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")


app = SentimentAnalysis.bind(MODEL)


def main():
    if MODEL != MINILM:
        SentimentModel(MODEL)  # downloads it. If that fails, the script ends here with the reason.
    ray.init(address="local")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]  # a free one. The default, 8000, is often in use.
    serve.start(http_options={"port": port}, logging_config=QUIET)
    handle = serve.run(app, logging_config=QUIET)

    http = requests.Session()
    http.trust_env = False  # keeps local requests away from proxy servers

    def send(method, **request):
        return http.request(method, f"http://127.0.0.1:{port}/", timeout=60, **request)

    for text in "Ray Serve is great!", "Ray Serve is awful.":
        answer = send("GET", params={"text": text}).json()
        print(f"{text} {answer['label']} {answer['score']:.2f}")
    # -> Ray Serve is great! POSITIVE 0.9...
    # -> Ray Serve is awful. NEGATIVE 0.9...

    # Eight clients at once: requests that find the model busy share its next call.
    before = handle.count_calls.remote().result(timeout_s=60)
    texts = [f"Room {number} was {word}." for number in range(100) for word in ("lovely", "awful")]
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(lambda text: send("GET", params={"text": text}), texts))
    calls = handle.count_calls.remote().result(timeout_s=60) - before
    print(f"200 requests, {calls} calls of the model")
    # -> 200 requests, ... calls of the model

    # A list is answered line by line. The first line does not wait for the last text.
    started = time.perf_counter()
    with send("POST", json=texts, stream=True) as answer:
        lines = answer.iter_lines()
        first = json.loads(next(lines))
        until_first = time.perf_counter() - started
        others = len(list(lines))
    share = until_first / (time.perf_counter() - started)
    print(f"a list of 200: {first['label']} after {share:.0%} of the time, then {others} more")
    # -> a list of 200: POSITIVE after ...% of the time, then 199 more

    # A model reads a limited number of words. The answer says when a text was cut.
    answer = send("GET", params={"text": "word " * 1000}).json()
    print("a thousand words, cut:", answer["cut"])
    # -> a thousand words, cut: True
    answer = send("GET", params={"text": " "})
    print("no words:", answer.status_code, answer.json()["detail"][0]["msg"])
    # -> no words: 422 String should have at least 1 character


if __name__ == "__main__":
    main()
