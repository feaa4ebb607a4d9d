"""The applications of lesson O4, over real HTTP."""

import numpy as np
import pytest
from ray import serve
from sklearn.datasets import load_iris
from sklearn.neighbors import NearestCentroid

import O4_serve as lesson
from tests.support.served import SESSION


@pytest.fixture(scope="module")
def url(serve_here):
    """Serve the composed application, return where it takes requests."""
    serve.run(lesson.app, name="garden", route_prefix="/garden", logging_config=lesson.QUIET)
    yield f"{serve_here}/garden"
    serve.delete("garden")


def post(url, **body):
    """Post a request to the classifier, return the response."""
    return SESSION.post(f"{url}/classify", timeout=30, **body)


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
        assert lesson.MEAN_PETALS[name] == pytest.approx(mean, abs=0.005)


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
