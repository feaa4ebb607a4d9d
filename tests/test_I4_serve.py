"""The served model: any number of images at once, and bodies that are no image."""

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image
from ray import serve

import I4_serve
from tests.support.pictures import CLASSES, PATHS
from tests.support.served import SESSION

pytestmark = pytest.mark.thorough

PHOTOS = [path.read_bytes() for path in PATHS]


@pytest.fixture(scope="module")
def ask(serve_here):
    """Serve the model, yield a function that sends it a body."""
    serve.run(I4_serve.app, name="ipu", route_prefix="/ipu")
    yield lambda body: SESSION.post(f"{serve_here}/ipu/", data=body, timeout=60)
    serve.delete("ipu")


@pytest.mark.parametrize("number", [1, 5, 11])
def test_images_of_several_clients_are_answered_as_each_alone(ask, number):
    with ThreadPoolExecutor(number) as clients:
        answers = list(clients.map(lambda index: ask(PHOTOS[index % 2]).json(), range(number)))
    assert [answer["class"] for answer in answers] == (list(CLASSES.values()) * 6)[:number]
    assert max(answer["together"] for answer in answers) <= I4_serve.BATCH


@pytest.mark.parametrize("body", [b"", b"a cup of coffee", PHOTOS[0][:30_000]], ids=["none", "text", "half"])
def test_what_is_no_image_is_refused_with_a_reason_and_harms_nobody(ask, body):
    response = ask(body)
    assert response.status_code == 400
    assert response.text.startswith("not an image: ")
    assert ask(PHOTOS[0]).json()["class"] == 967


def test_thin_picture_costs_nothing_and_harms_no_other_of_its_batch(ask):
    thin = io.BytesIO()
    Image.new("RGB", (1, 60_000)).save(thin, "png")
    bodies = [PHOTOS[0], thin.getvalue(), b"a cup of coffee", PHOTOS[1]]
    with ThreadPoolExecutor(len(bodies)) as clients:
        answers = list(clients.map(ask, bodies))
    assert [answer.status_code for answer in answers] == [200, 200, 400, 200]
    assert [answers[number].json()["class"] for number in (0, 3)] == list(CLASSES.values())
