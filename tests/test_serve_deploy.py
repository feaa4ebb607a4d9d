"""Deploys both models with cluster/serve_config.yaml, and updates them under load, by `serve deploy`."""

import copy
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from tests.support.load import load
from tests.support.places import ROOT, Place, free_port, wait_until
from tests.support.served import IMAGE, SENTIMENT, SESSION, replicas

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("deployed"), pytest.mark.timeout(400)]

CONFIG = yaml.safe_load((ROOT / "cluster" / "serve_config.yaml").read_text())
FEW_CPUS = {"num_cpus": 0.3}  # so that two replicas, their successors and the text model fit on two CPUs


class Deployed:
    """A cluster of one node, and the last configuration that was sent to it."""

    def __init__(self, place):
        self.place = place
        self.port, self.dashboard = free_port(), free_port()
        options = ["--head", "--num-cpus=2", "--port=0", f"--dashboard-port={self.dashboard}", "--disable-usage-stats"]
        self.environment = place.environment(PYTHONPATH=str(ROOT))
        command = [Path(sys.executable).with_name("ray"), "start", *options, "--block"]
        self.head = subprocess.Popen(
            command, cwd=place.work, env=self.environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        wait_until(self.listens)

    def listens(self):
        """Tell whether the dashboard answers."""
        assert self.head.poll() is None, "the cluster did not start"
        return self.serve("status").returncode == 0

    def serve(self, command, *arguments):
        """Run a command of Serve, and return it as a CompletedProcess."""
        address = f"--address=http://127.0.0.1:{self.dashboard}"
        command = [Path(sys.executable).with_name("serve"), command, address, *arguments]
        return subprocess.run(command, cwd=self.place.work, env=self.environment, capture_output=True, text=True)

    def deploy(self, config):
        """Send a configuration to the cluster."""
        file = self.place.work / "config.yaml"
        file.write_text(yaml.safe_dump(config))
        sent = self.serve("deploy", file)
        file.unlink()
        assert sent.returncode == 0, sent.stderr

    def application(self, name):
        """Return the status of an application."""
        return yaml.safe_load(self.serve("status").stdout)["applications"][name]

    def reach(self, name, status):
        """Wait until an application has this status."""
        wait_until(lambda: self.application(name)["status"] == status, patience=90)

    def url(self, name):
        """Return the address of an application."""
        return f"http://127.0.0.1:{self.port}/{name}/"

    def replicas(self, name):
        """Return the process ids of an application's replicas."""
        return {process.pid for process in replicas(self.place, f"{name}:")}

    def config(self, **changes):
        """Return the page's configuration, on another port, with changes to an application's only deployment."""
        config = copy.deepcopy(CONFIG)
        config["http_options"]["port"] = self.port
        for application in config["applications"]:
            [deployment] = application["deployments"]
            deployment["ray_actor_options"] = FEW_CPUS
            deployment |= changes.get(application["name"], {})
        return config


@pytest.fixture(scope="module")
def deployed():
    """Deploy both models, and yield the cluster."""
    place = Place.make()
    cluster = Deployed(place)
    try:
        cluster.deploy(cluster.config())
        for name in "image", "text":
            cluster.reach(name, "RUNNING")
        yield cluster
    finally:
        place.remove()
        cluster.head.wait()


def updated_under_load(deployed, model, name, config):
    """Deploy a configuration while clients send requests. Return what came of them when only new replicas are left."""
    before, done = deployed.replicas(name), threading.Event()

    def update():
        try:
            deployed.deploy(config)
            wait_until(lambda: before.isdisjoint(deployed.replicas(name)), patience=90)
            deployed.reach(name, "RUNNING")
        finally:
            done.set()

    outcomes = load(model.requests_to(deployed.url(name)), clients=4, seconds=120, events={20: update}, stop=done)
    return outcomes, before


@pytest.mark.parametrize(
    ("name", "model", "count"), [("image", IMAGE, 2), ("text", SENTIMENT, 1)], ids=["two replicas", "one replica"]
)
def test_an_update_in_place_loses_no_request(deployed, name, model, count):
    fixed = {"autoscaling_config": None, "num_replicas": count}
    deployed.deploy(deployed.config(**{name: fixed}))
    wait_until(lambda: len(deployed.replicas(name)) == count)
    deployed.reach(name, "RUNNING")
    changed = deployed.config(**{name: fixed | {"ray_actor_options": {"num_cpus": 0.2}}})
    outcomes, before = updated_under_load(deployed, model, name, changed)
    assert len(before) == count
    assert [outcome.statuses for outcome in outcomes if not outcome.ok] == []
    assert len(outcomes) > 20


@pytest.mark.parametrize(
    "broken",
    [{"import_path": "serve_torchvision:no_such_application"}, {"runtime_env": {"env_vars": {"MODEL": "/no/such"}}}],
    ids=["not found", "model not found"],
)
def test_a_broken_update_leaves_the_old_one_serving_until_it_is_rolled_back(deployed, broken):
    deployed.deploy(deployed.config())
    deployed.reach("image", "RUNNING")
    wait_until(lambda: len(deployed.replicas("image")) == 2)
    before = deployed.replicas("image")
    config = deployed.config()
    config["applications"][0] |= broken
    deployed.deploy(config)
    deployed.reach("image", "DEPLOY_FAILED")
    outcomes = load(IMAGE.requests_to(deployed.url("image")), clients=4, requests=40)
    assert {outcome.statuses[0] for outcome in outcomes} == {200}
    assert deployed.replicas("image") & before
    deployed.deploy(deployed.config())
    deployed.reach("image", "RUNNING")
    assert SESSION.post(deployed.url("image"), data=IMAGE.request["data"], timeout=30).status_code == 200


def test_the_same_configuration_again_changes_nothing(deployed):
    deployed.deploy(deployed.config())
    deployed.reach("image", "RUNNING")
    before = wait_until(lambda: len(found := deployed.replicas("image")) == 2 and found)
    deployed.deploy(deployed.config())
    deployed.reach("image", "RUNNING")
    assert deployed.replicas("image") == before


def test_without_requests_no_replica_and_the_first_request_brings_one_back(deployed):
    scaling = CONFIG["applications"][1]["deployments"][0]["autoscaling_config"]
    assert scaling["min_replicas"] == 0
    quickly = {"autoscaling_config": scaling | {"downscale_delay_s": 4, "downscale_to_zero_delay_s": 4}}
    deployed.deploy(deployed.config(text=quickly))
    deployed.reach("text", "RUNNING")
    for _ in range(2):  # from none to one and back, twice
        answer = SESSION.get(deployed.url("text"), params={"text": "What a lovely day!"}, timeout=60)
        assert answer.json()["label"] == "POSITIVE"
        assert len(deployed.replicas("text")) == 1
        wait_until(lambda: not deployed.replicas("text"))
