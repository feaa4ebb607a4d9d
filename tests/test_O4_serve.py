"""The applications of lesson O4, over real HTTP and under `serve run`."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import requests
from lessons import BLOCKS, ROOT, differences
from ray import serve
from sklearn.datasets import load_iris
from sklearn.neighbors import NearestCentroid

import O4_serve as lesson

SESSION = requests.Session()
SESSION.trust_env = False


@pytest.fixture(scope="module")
def url(ray_here):
    """Serve the composed application, return where it takes requests."""
    port = lesson.free_port()
    serve.start(http_options={"host": lesson.HOST, "port": port}, logging_config=lesson.QUIET)
    serve.run(lesson.app, logging_config=lesson.QUIET)
    yield f"http://{lesson.HOST}:{port}"
    serve.shutdown()


def post(url, **body):
    """Post a request to the classifier, return the response."""
    return SESSION.post(f"{url}/classify", timeout=30, **body)


def test_serve_run_keeps_it_up_until_ctrl_c(place):
    with socket.socket() as probe:
        if probe.connect_ex((lesson.HOST, 8000)) == 0:
            pytest.skip("port 8000, the only one that `serve run` takes, is in use on this machine")
    command = [Path(sys.executable).with_name("serve"), "run", "O4_serve:app"]
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(
            command, cwd=ROOT, env=place.environment(), stdout=nowhere, stderr=nowhere, start_new_session=True
        )
    deadline = time.monotonic() + 60
    answer = None
    while answer is None or answer.status_code == 404:
        assert process.poll() is None
        assert time.monotonic() < deadline, "no answer within a minute"
        time.sleep(0.2)
        try:
            answer = post(f"http://{lesson.HOST}:8000", json={"length": 6, "width": 2})
        except requests.ConnectionError:
            continue
    assert answer.json()["species"] == "virginica"

    # What the README tells its readers to type, and what it says comes back.
    [curl] = [line for *_, text in BLOCKS for line in text.splitlines() if line.startswith("curl ")]
    [said] = [text for _, tie, text in BLOCKS if tie == "output=curl"]
    assert shutil.which("curl"), "the README's line needs curl"
    came = subprocess.run(shlex.split(curl), capture_output=True, text=True, timeout=30).stdout
    assert differences(said.splitlines(), came.splitlines()) == []

    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(30) == 0
    assert place.leftovers() == []


def test_species_are_those_of_scikit_learn(url):
    iris = load_iris()
    petals, names = iris.data[:, 2:], iris.target_names[iris.target]
    model = NearestCentroid().fit(petals, names)
    for petal in np.random.default_rng(0).choice(petals, 20, replace=False):
        answer = post(url, json={"length": petal[0], "width": petal[1]}).json()
        assert answer["species"] == model.predict([petal])[0]


def test_means_are_those_of_the_file():
    iris = load_iris()
    for number, name in enumerate(iris.target_names):
        mean = iris.data[iris.target == number][:, 2:].mean(axis=0)
        assert lesson.PETALS[name] == pytest.approx(mean, abs=0.005)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"json": {"length": -1, "width": 1}}, "greater than 0"),
        ({"json": {"length": "long", "width": 1}}, "valid number"),
        ({"json": {"length": 1}}, "Field required"),
        ({"json": [1, 2]}, "valid dictionary"),
        ({"data": "{"}, "valid dictionary"),
        ({"data": "{", "headers": {"content-type": "application/json"}}, "JSON decode error"),
        ({}, "Field required"),
    ],
)
def test_bad_input_is_refused_with_a_reason(url, body, reason):
    answer = post(url, **body)
    assert answer.status_code == 422
    assert reason in answer.json()["detail"][0]["msg"]
    assert post(url, json={"length": 1, "width": 1}).status_code == 200


def test_both_replicas_answer(url):
    answers = [post(url, json={"length": 1, "width": 1}).json() for _ in range(30)]
    assert len({answer["replica"] for answer in answers}) == 2


def test_a_cluster_whose_serve_is_in_use_is_left_alone(url, monkeypatch):
    monkeypatch.setattr(lesson.ray, "init", lambda address: None)  # this process has joined it already
    with pytest.raises(SystemExit, match="in use"):
        lesson.main()
    assert post(url, json={"length": 1, "width": 1}).status_code == 200
