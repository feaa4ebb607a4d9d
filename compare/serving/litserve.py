"""LitServe: a web server process, and worker processes that run the models.

Run:  OMP_NUM_THREADS=1 python -m compare.serving.litserve PORT MODEL...
"""

import sys
from typing import Annotated

from fastapi import Depends, Request
from litserve import LitAPI, LitServer

from compare.serving.models import BATCH, CORES, LOAD


async def read(request: Request):
    """Return the body of a request."""
    return await request.body()


class Image(LitAPI):
    """Classifies pictures."""

    def setup(self, device):
        self.classify = LOAD["image"]()

    # FastAPI passes the raw body, which is cheaper than a form with a file.
    def decode_request(self, request: Annotated[bytes, Depends(read)]):
        return request

    def predict(self, body):
        return self.classify(body)

    def encode_response(self, output):
        return output


class Text(LitAPI):
    """Classifies texts."""

    def setup(self, device):
        self.classify = LOAD["text"]()

    def decode_request(self, request):
        return request["text"]

    def predict(self, texts):
        return self.classify(texts)

    def unbatch(self, output):
        return output

    def encode_response(self, output):
        return output


def main(port, names):
    """Serve the models with these names."""
    # Texts that arrive while the model runs are queued anyway, so a batch need not wait for more:
    # https://lightning.ai/docs/litserve/features/batching
    # https://lightning.ai/docs/litserve/features/multiple-endpoints
    apis = {
        "image": lambda: Image(api_path="/image"),
        "text": lambda: Text(api_path="/text", max_batch_size=BATCH, batch_timeout=0.001),
    }
    # https://lightning.ai/docs/litserve/api-reference/litserver
    server = LitServer(
        [apis[name]() for name in names], accelerator="cpu", workers_per_device=CORES, restart_workers=True
    )
    # By default there are as many web servers as workers, which is slower here, as they compete for the cores.
    options = {"log_level": "warning", "generate_client_file": False, "access_log": False}
    server.run(host="127.0.0.1", port=port, num_api_servers=1, **options)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
