"""Serving on devices: each replica has a device, says in its answers what computed, and is replaced when it fails.

Run:   python ipu/I4_serve.py
Next:  ipu/I5_training.py
Docs:  https://docs.ray.io/en/latest/serve/resource-allocation.html
Time:  10 minutes
"""

import asyncio
import io
import os
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ray
import requests
from fastapi import FastAPI, HTTPException, Request
from PIL import Image
from pydantic import BaseModel
from ray import serve

import devices

PRETEND = 4  # IPUs that this script pretends to have, on a machine that has none
BATCH = 4  # images that one IPU takes at once, as in classifier.py
HOST = "127.0.0.1"  # this machine alone can reach it
QUIET = {"log_level": "WARNING"}  # without it the replicas log every request
PHOTO = Path(__file__).parent.parent / "imgs" / "espresso.jpg"


class Answer(BaseModel):
    """The body of a response."""

    label: str
    probability: float
    backend: str  # what computed: an IPU, or what stands in for it
    ipus: list[int]
    together: int  # images in the same call of the device
    replica: int  # its process


api = FastAPI(title="Image classification on IPUs")


@serve.deployment(
    ray_actor_options={"num_cpus": 0, "resources": {"IPU": 1}},
    max_ongoing_requests=4 * BATCH,
    health_check_period_s=1,
    graceful_shutdown_timeout_s=5,
)
@serve.ingress(api)
class IPUModel:
    """Classifies images in batches of a fixed size."""

    def __init__(self):
        self.lease = devices.lease()
        from torchvision.models import ResNet18_Weights

        import backend
        from classifier import Classifier

        self.backend, self.labels = backend.NAME, ResNet18_Weights.DEFAULT.meta["categories"]
        self.classifier = Classifier(self.lease.device)
        self.thread = ThreadPoolExecutor(1)  # one call of the device at a time
        self.failure = None

    def check_health(self):
        """Raise an error where the device has failed. Serve asks every second, and replaces a replica that fails."""
        if self.failure:
            raise RuntimeError(str(self.failure))

    # The images of several clients share a batch. What is missing is padded: the device computes it anyway.
    @serve.batch(max_batch_size=BATCH, batch_wait_timeout_s=0.02)
    async def predict(self, images):
        """Return for an image its probabilities, and how many were computed together."""
        import numpy as np

        if self.failure:
            raise self.failure
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self.thread, self.classifier.predict, np.stack(images))
        except devices.IPUError as error:
            self.failure = error
            if error.details["error"] != "Error":  # recoverable or not, but nothing that a program repairs
                self.lease.put_out_of_order(str(error))
            raise
        return [(probabilities, len(images)) for probabilities in found]

    @api.post("/")
    async def classify(self, request: Request) -> Answer:
        """Take the bytes of an image, return the best class. See ../serve_torchvision.py for what can be wrong."""
        from classifier import pixels

        try:
            image = pixels(Image.open(io.BytesIO(await request.body())))
        except Exception as error:  # what Pillow raises for a broken file depends on where it is broken
            raise HTTPException(400, f"This is no image: {type(error).__name__}") from None
        try:
            probabilities, together = await self.predict(image)
        except devices.IPUError as error:
            raise HTTPException(503, {**error.details, "backend": self.backend}) from None
        best = int(probabilities.argmax())
        return Answer(
            label=self.labels[best],
            probability=probabilities[best],
            backend=self.backend,
            ipus=self.lease.device.ipus,
            together=together,
            replica=os.getpid(),
        )

    def fail_next(self, action):
        """Make the stand-in fail as a device does that needs this recovery. No real device fails on request."""
        import standin

        standin.fail_next(standin.RecoverableError, "a link is down (so the stand-in was told)", recovery_action=action)

    def repaired(self):
        """Give all IPUs of this machine back to those who wait for them, as an operator does after the recovery."""
        devices.put_in_order()


app = IPUModel.bind()


def main():
    """Run the lesson."""
    _, count = devices.announce(PRETEND)
    # -> backend: cpu stand-in: this machine has no IPU, so PyTorch computes on its CPU
    # Starts Ray on this machine, or joins the cluster that RAY_ADDRESS names as host:port.
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address != "local":
        try:
            socket.create_connection(address.rsplit(":", 1), timeout=5).close()
        except (OSError, ValueError):
            sys.exit(f"No Ray cluster answers at RAY_ADDRESS={address}. Start it, or unset the variable.")
    ray.init(address=address, resources={"IPU": count} if address == "local" else None)
    if serve.status().proxies or serve.status().applications:
        sys.exit("Serve is in use on this cluster already. Run this script without RAY_ADDRESS.")
    devices.require(1)  # or Serve would wait for one as long as it runs

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


def ask(url, handle):
    """Send requests."""
    http = requests.Session()
    http.trust_env = False  # a firewall's proxy must not get what stays on this machine
    photo = PHOTO.read_bytes()

    answer = http.post(url, data=photo, timeout=60).json()
    print(f"{answer['backend']}, IPUs {answer['ipus']}: {answer['label']} {answer['probability']:.2f}")
    # -> cpu stand-in, IPUs [0]: espresso 0.9...

    # Seven clients at once: the device takes four images a call, whoever sent them.
    with ThreadPoolExecutor(7) as clients:
        answers = list(clients.map(lambda _: http.post(url, data=photo, timeout=60).json(), range(7)))
    right = sum(answer["label"] == "espresso" for answer in answers)
    most = max(answer["together"] for answer in answers)
    print(f"{answers[0]['backend']}, 7 clients: {right} right, some together: {most > 1}, at most 4: {most <= 4}")
    # -> cpu stand-in, 7 clients: 7 right, some together: True, at most 4: True

    if answer["backend"] != devices.STAND_IN:
        return
    # PopTorch's error says what an operator has to do. The replica hands that on as plain data, puts its IPU out of
    # order, and fails its checks of health. After three of them Serve starts another, which leases another IPU.
    handle.fail_next.remote("LINK_RESET").result(timeout_s=60)
    refused = http.post(url, data=photo, timeout=60)
    detail = refused.json()["detail"]
    print(f"{detail['backend']}: {refused.status_code} {detail['error']}, to do: {detail['recovery_action']}")
    # -> cpu stand-in: 503 RecoverableError, to do: LINK_RESET
    deadline = time.monotonic() + 40
    while (again := http.post(url, data=photo, timeout=60)).status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.5)
    again = again.json()
    print(f"{again['backend']}: {again['label']}, from another IPU:", again["ipus"] != answer["ipus"])
    # -> cpu stand-in: espresso, from another IPU: True
    handle.repaired.remote().result(timeout_s=60)


if __name__ == "__main__":
    main()
