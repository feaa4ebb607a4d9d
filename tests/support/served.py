"""The two served models, and what their tests and the benchmark share."""

from dataclasses import dataclass
from types import ModuleType

import psutil
import requests
from ray import serve

import serve_torchvision
import serve_transformers
from sentiment.model import MINILM
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
