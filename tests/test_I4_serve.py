"""The served model: any number of images at once, and bodies that are no image."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from ray import serve

import I4_serve
from tests.support.served import SESSION
from tools.lessons import ROOT

pytestmark = pytest.mark.thorough

CLASSES = {"espresso.jpg": 967, "cat.jpg": 285}  # ImageNet's espresso and Egyptian cat
PHOTOS = [(ROOT / "imgs" / name).read_bytes() for name in CLASSES]


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
