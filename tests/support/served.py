"""The two served models, and what their tests and the benchmark share."""

import subprocess
import sys
import time
from dataclasses import dataclass
from types import ModuleType

import psutil
import requests
from ray import serve

import serve_torchvision
import serve_transformers
from sentiment.model import MINILM
from tests.support.places import Place, free_port
from tools.lessons import ROOT

PATH = {"PYTHONPATH": f"{ROOT}:{ROOT / 'ipu'}"}  # for processes that import our modules
SESSION = requests.Session()
SESSION.trust_env = False
TEXT = "The room was clean and the staff were kind, but breakfast took an hour and the coffee was cold when it came."


@dataclass(frozen=True)
class Model:
    """A lesson that serves a model."""

    lesson: ModuleType
    deployment: serve.Deployment
    request: dict  # of aiohttp, without the address
    argument: str  # what its constructor takes

    def __str__(self):
        return self.lesson.__name__

    def bind(self, **options):
        """Return the application with some of its settings changed."""
        return self.deployment.options(**options).bind(self.argument)

    def requests_to(self, url):
        """Return the request to send to this address."""
        return self.request | {"url": url}


PHOTO = (ROOT / "imgs" / "espresso.jpg").read_bytes()
IMAGE = Model(
    serve_torchvision, serve_torchvision.ImageModel, {"method": "POST", "data": PHOTO}, serve_torchvision.LITE
)
GET = {"method": "GET", "params": {"text": TEXT}}
SENTIMENT = Model(serve_transformers, serve_transformers.SentimentAnalysis, GET, MINILM)
MODELS = [IMAGE, SENTIMENT]
FIXED = {"autoscaling_config": None, "num_replicas": 2}  # two replicas from the start


class Server:
    """A server in a place of its own, which runs until stop().

    Its seconds_to_first_answer count from the start of its process.
    """

    def __init__(self, model, command, **environment):
        self.place, port = Place.make(), free_port()
        self.request = model.requests_to(f"http://127.0.0.1:{port}/")
        self.log = self.place.folder / "log"
        started = time.monotonic()
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command, str(port)],
                cwd=self.place.work,
                env=self.place.environment(**PATH, **environment),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        try:
            while not self._answers():
                running = self.process.poll() is None and time.monotonic() < started + 120
                assert running, self.log.read_text()[-2000:]
                time.sleep(0.1)
        except BaseException:
            self.stop()
            raise
        self.seconds_to_first_answer = time.monotonic() - started

    def _answers(self):
        try:
            return SESSION.request(**self.request, timeout=30).status_code == 200
        except requests.RequestException:
            return False

    def megabytes(self, kinds=("",)):
        """Return its processes' unshared memory in MB: of all of them, or of those with given names."""
        total = 0
        for process in self.place.processes():
            try:
                if any(kind in " ".join(process.cmdline()) for kind in kinds):
                    total += process.memory_full_info().uss
            except psutil.Error:
                continue
        return total / 1e6

    def stop(self):
        """Stop it, and remove its place."""
        self.process.stdin.close()  # which ends all of our servers
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait(timeout=30)
        finally:
            self.place.remove()


def replicas(place, deployment):
    """Return the processes of a deployment's replicas, by the name that Ray gives them."""
    found = []
    for process in place.processes():
        try:
            if deployment in " ".join(process.cmdline()) and "ServeReplica" in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def running(name="default"):
    """Return how many replicas of an application's only deployment run."""
    [deployment] = serve.status().applications[name].deployments.values()
    return deployment.replica_states.get("RUNNING", 0)
