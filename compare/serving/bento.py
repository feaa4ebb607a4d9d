"""BentoML: worker processes that each handle requests and run the models.

Run:  OMP_NUM_THREADS=1 MODELS="image text" bentoml serve compare.serving.bento:Models --port PORT
"""

import os
from pathlib import Path
from typing import Annotated

import bentoml
from bentoml.validators import ContentType

from compare.serving.models import BATCH, CORES, LOAD

# https://docs.bentoml.com/en/latest/build-with-bentoml/parallelize-requests.html
# https://docs.bentoml.com/en/latest/reference/bentoml/configurations.html
OFF = {"enabled": False}


@bentoml.service(workers=CORES, threads=1, logging={"access": OFF}, metrics={**OFF, "namespace": "models"})
class Models:
    """Classifies pictures and texts."""

    def __init__(self):
        for name in os.environ["MODELS"].split():
            setattr(self, f"classify_{name}", LOAD[name]())

    # A positional-only parameter is the request body: https://docs.bentoml.com/en/latest/build-with-bentoml/iotypes.html
    @bentoml.api(route="/image")
    def image(self, picture: Annotated[Path, ContentType("image/*")], /) -> list[dict]:
        return self.classify_image(picture.read_bytes())

    # https://docs.bentoml.com/en/latest/get-started/adaptive-batching.html
    @bentoml.api(route="/text", batchable=True, max_batch_size=BATCH, max_latency_ms=1000)
    def text(self, texts: list[str]) -> list[dict]:
        return self.classify_text(texts)
