"""Serving on devices: each replica leases a device, and a dead replica's replacement leases it again.

Run:   python ipu/I4_serve.py
Next:  ipu/I5_old_python.py
Docs:  https://docs.ray.io/en/latest/serve/resource-allocation.html
Time:  10 minutes
"""

import asyncio
import io
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from PIL import Image, ImageOps
from ray import serve
from starlette.responses import PlainTextResponse

import devices

BATCH = 4  # images that one IPU takes at once, as in classifier.py
PHOTO = (Path(__file__).parent.parent / "imgs" / "espresso.jpg").read_bytes()  # class 967 of ImageNet's 1,000


@serve.deployment(
    ray_actor_options={"num_cpus": 0, "resources": {"IPU": 1}},
    max_ongoing_requests=2 * BATCH,  # one batch waits while another is computed
    health_check_period_s=1,
)
class IPUModel:
    """Classifies images in batches of a fixed size."""

    def __init__(self):
        self.lease = devices.lease()
        from classifier import Classifier

        self.classifier = Classifier(self.lease.device)

    # Images from several clients share a batch. The device computes a whole batch anyway.
    @serve.batch(max_batch_size=BATCH, batch_wait_timeout_s=0.1)
    async def predict(self, pictures):
        """Return the class of each picture, and how many were computed together."""
        # In a thread, so that the replica can take requests meanwhile.
        probabilities = await asyncio.get_running_loop().run_in_executor(None, self.classifier.predict, pictures)
        return [(int(best), len(pictures)) for best in probabilities.argmax(axis=1)]

    async def __call__(self, request):
        """Take the bytes of an image, return its class, the IPUs, and the process that answers."""
        try:
            picture = Image.open(io.BytesIO(await request.body())).convert("RGB")
            picture = ImageOps.fit(picture, (256, 256))  # here: a failure in a batch would take the others with it
        except Exception as error:  # Pillow raises various ones for broken files
            return PlainTextResponse(f"not an image: {type(error).__name__}", status_code=400)
        best, together = await self.predict(picture)
        return {"class": best, "together": together, "ipus": self.lease.device.ipus, "pid": os.getpid()}


app = IPUModel.bind()


def main():
    # This script starts its own Ray: on a cluster, the one Serve instance is shared.
    devices.start_ray(pretended=1, address="local")
    # -> backend: cpu stand-in: this machine has no IPU, so PyTorch computes on its CPU
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    serve.start(http_options={"port": port})
    serve.run(app)
    http = requests.Session()
    http.trust_env = False  # ignores proxies set in the environment

    def ask(body=PHOTO):
        return http.post(f"http://127.0.0.1:{port}/", data=body, timeout=60)

    answer = ask().json()
    print(answer)
    # -> {'class': 967, 'together': 1, 'ipus': [0], 'pid': ...}
    refused = ask(b"a cup of coffee")
    print(refused.status_code, refused.text)
    # -> 400 not an image: UnidentifiedImageError

    # Twelve clients at once: each device call takes four images, whoever sent them.
    with ThreadPoolExecutor(12) as clients:
        answers = list(clients.map(lambda _: ask().json(), range(12)))
    print("largest batch:", max(answer["together"] for answer in answers))
    # -> largest batch: 4

    # The replica crashes. The kernel frees its device, Serve starts another replica, which leases the device.
    os.kill(answer["pid"], signal.SIGKILL)
    while not (response := ask()).ok:
        time.sleep(0.5)
    print(response.json())
    # -> {'class': 967, 'together': 1, 'ipus': [0], 'pid': ...}


if __name__ == "__main__":
    main()
