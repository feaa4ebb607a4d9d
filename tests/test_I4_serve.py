"""The served model: odd numbers of images at once, what is no image, and a device that fails."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from ray import serve

import I4_serve
from tests.support.places import wait_until
from tests.support.served import SESSION
from tools.lessons import ROOT

pytestmark = pytest.mark.thorough

NAMES = {"espresso.jpg": "espresso", "cat.jpg": "Egyptian cat"}
PHOTOS = [(ROOT / "imgs" / name).read_bytes() for name in NAMES]


@pytest.fixture(scope="module")
def server(serve_here):
    """Serve the model, yield its address and a handle."""
    handle = serve.run(I4_serve.app, name="ipu", route_prefix="/ipu")
    yield f"{serve_here}/ipu/", handle
    serve.delete("ipu")


def ask(url, body):
    """Send a body, return the response."""
    return SESSION.post(url, data=body, timeout=60)


@pytest.mark.parametrize("number", [1, 3, 5, 7, 11])
def test_odd_numbers_of_images_at_once_are_answered_as_each_alone(server, number):
    url, _ = server
    alone = [ask(url, photo).json() for photo in PHOTOS]
    assert [answer["label"] for answer in alone] == list(NAMES.values())
    with ThreadPoolExecutor(number) as clients:
        answers = list(clients.map(lambda index: ask(url, PHOTOS[index % 2]).json(), range(number)))
    for index, answer in enumerate(answers):
        assert answer["label"] == alone[index % 2]["label"]
        assert answer["probability"] == pytest.approx(alone[index % 2]["probability"], abs=1e-5)
        assert answer["backend"] == "cpu stand-in"
        assert 1 <= answer["together"] <= I4_serve.BATCH


@pytest.mark.parametrize("body", [b"", b"a cup of coffee", PHOTOS[0][:30_000]], ids=["none", "text", "half"])
def test_what_is_no_image_is_refused_and_harms_nobody(server, body):
    url, _ = server
    response = ask(url, body)
    assert response.status_code == 400
    assert response.json()["detail"].startswith("This is no image")
    assert ask(url, PHOTOS[0]).json()["label"] == "espresso"


def test_replica_whose_device_fails_says_what_to_do_and_is_replaced(server):
    url, handle = server
    before = ask(url, PHOTOS[0]).json()
    handle.fail_next.remote("PARTITION_RESET").result(timeout_s=60)
    response = ask(url, PHOTOS[0])
    assert response.status_code == 503
    assert response.json()["detail"] == {
        "error": "RecoverableError",
        "message": "a link is down (so the stand-in was told)",
        "location": "stand-in",
        "recovery_action": "PARTITION_RESET",
        "backend": "cpu stand-in",
    }
    after = wait_until(lambda: (answer := ask(url, PHOTOS[0])).status_code == 200 and answer.json())
    assert after["replica"] != before["replica"]
    assert after["label"] == "espresso"
    assert not set(after["ipus"]) & set(before["ipus"]), "nobody gets what is out of order"
    handle.repaired.remote().result(timeout_s=60)
