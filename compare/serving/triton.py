"""NVIDIA Triton with its Python backend: a C++ server, and a Python process per model instance.

Run:  OMP_NUM_THREADS=1 python -m compare.serving.triton PORT MODEL...
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from compare.serving.models import BATCH, CORES, LOAD

# Triton reads model.py and its settings from a folder with a fixed layout, which this script writes:
# https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_repository.html
MODEL = f"""
import sys
sys.path += {sys.path}  # the backend ignores PYTHONPATH
from compare.serving.triton import Model as TritonPythonModel
"""
CONFIG = """
backend: "python"
input {{ name: "input" data_type: TYPE_STRING dims: 1 }}
output {{ name: "output" data_type: TYPE_STRING dims: 1 }}
instance_group {{ kind: KIND_CPU count: {CORES} }}
{batching}
"""
# Batch the queued requests without waiting for more, the starting point that this page recommends:
# https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/batcher.html
BATCHING = {"image": "max_batch_size: 0", "text": f"max_batch_size: {BATCH} dynamic_batching {{ }}"}


class Model:
    """One instance of a model. See https://github.com/triton-inference-server/python_backend#usage."""

    def initialize(self, args):
        self.name = args["model_name"]
        self.classify = LOAD[self.name]()

    def execute(self, requests):
        import triton_python_backend_utils as triton  # which exists only inside the server

        inputs = [triton.get_input_tensor_by_name(request, "input").as_numpy().flat[0] for request in requests]
        if self.name == "text":
            answers = self.classify([text.decode() for text in inputs])
        else:
            answers = [self.classify(body) for body in inputs]
        arrays = [np.array([json.dumps(answer)], dtype=object) for answer in answers]
        if self.name == "text":
            arrays = [array[None] for array in arrays]  # add the batch dimension
        return [triton.InferenceResponse([triton.Tensor("output", array)]) for array in arrays]


def main(port, names):
    """Write the model folder, then replace this process with the server."""
    import pytriton  # the package that contains Triton

    package = Path(pytriton.__file__).parent
    server = package / "tritonserver"
    folder = Path(tempfile.mkdtemp())
    repository = folder / "models"
    for name in names:
        (repository / name / "1").mkdir(parents=True)
        (repository / name / "1" / "model.py").write_text(MODEL)
        (repository / name / "config.pbtxt").write_text(CONFIG.format(CORES=CORES, batching=BATCHING[name]))
    # The backend needs the program that runs model.py with this Python version in the same folder.
    backend = folder / "backends" / "python"
    backend.mkdir(parents=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for directory in server / "backends" / "python", server / "python_backend_stubs" / version:
        for path in directory.iterdir():
            (backend / path.name).symlink_to(path)
    os.environ["LD_LIBRARY_PATH"] = str(package.parent / "nvidia_pytriton.libs")
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # where that program looks for Python
    options = {
        "model-repository": repository,
        "backend-directory": folder / "backends",
        "http-address": "127.0.0.1",
        "http-port": port,
        "allow-grpc": False,
        "allow-metrics": False,
    }
    binary = server / "bin" / "tritonserver"
    os.execv(
        binary, [binary, *(f"--{name}={value}" for name, value in options.items()), "--disable-auto-complete-config"]
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
