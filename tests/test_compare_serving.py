"""The open loop keeps its schedule with a slow server, and the servers of compare/serving/ give the same answers."""

import asyncio
import statistics
import threading
import time

import pytest
from aiohttp import web

import serve_torchvision
from sentiment.model import SentimentModel
from tests.support.load import Outcome, arrivals, load_at
from tests.support.places import free_port
from tests.support.served import PHOTO, TEXT
from tools.compare.servers import SERVERS, Running
from tools.compare.serving import MODELS, alike, back

SLOW = 0.5  # seconds per answer
HERE = [name for name, server in SERVERS.items() if not server.environment]  # servers in the current environment


@pytest.fixture
def slow_server():
    """Yield the address of a server that answers one request at a time, and the arrival times."""
    port, arrived, ready, done = free_port(), [], threading.Event(), threading.Event()

    async def serve():
        one_at_a_time = asyncio.Lock()

        async def answer(request):
            arrived.append(time.monotonic())
            async with one_at_a_time:
                await asyncio.sleep(SLOW)
            return web.Response()

        app = web.Application()
        app.router.add_get("/", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        ready.set()
        await asyncio.to_thread(done.wait)
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    assert ready.wait(10)
    yield f"http://127.0.0.1:{port}/", arrived
    done.set()
    thread.join()


def test_an_open_loop_does_not_wait_for_answers(slow_server):
    url, arrived = slow_server
    outcomes = load_at({"method": "GET", "url": url}, [0.0, 0.1, 0.2, 0.3])
    assert all(outcome.ok for outcome in outcomes)
    assert arrived[-1] - arrived[0] == pytest.approx(0.3, abs=0.15), "sent when due, before any answer"


def test_response_time_counts_from_the_due_time_of_the_request(slow_server):
    url, _ = slow_server
    outcomes = load_at({"method": "GET", "url": url}, [0.0, 0.1, 0.2, 0.3])
    expected = [SLOW * number - due for number, due in zip((1, 2, 3, 4), (0.0, 0.1, 0.2, 0.3))]
    assert [outcome.seconds for outcome in outcomes] == pytest.approx(expected, abs=0.2)
    late = load_at({"method": "GET", "url": url}, [-1.0])  # the generator itself is a second late
    assert late[0].seconds == pytest.approx(1 + SLOW, abs=0.2)


def test_arrivals_are_random_and_have_the_given_rate():
    due = arrivals(rate=100, seconds=50)
    assert len(due) == 5000
    assert due == sorted(due) == arrivals(rate=100, seconds=50), "the same for all servers"
    assert 0 <= due[0] < due[-1] < 50
    gaps = [later - earlier for earlier, later in zip(due, due[1:])]
    assert statistics.stdev(gaps) == pytest.approx(1 / 100, rel=0.1), (
        "a Poisson process: the deviation of the gaps equals their mean"
    )


def answers_at(moments):
    """Return successful outcomes that ended at these times."""
    return [Outcome(ended=moment, statuses=[200]) for moment in moments]


def test_a_rate_has_recovered_after_the_last_slow_window():
    steady = [number / 20 for number in range(200)]
    assert back(answers_at(steady), killed=2.0, rate=20, end=10.0) == 0.0
    gap = [moment for moment in steady if not 2.0 <= moment < 3.4]
    assert back(answers_at(gap), killed=2.0, rate=20, end=10.0) == 1.5
    assert back(answers_at([moment for moment in steady if moment < 2]), killed=2.0, rate=20, end=10.0) is None


@pytest.mark.thorough
@pytest.mark.parametrize("name", HERE)
def test_a_server_gives_the_answers_of_the_lessons(name):
    _, lesson, *_ = serve_torchvision.ImageModel.func_or_class.__mro__  # the class under Serve's wrapper
    expected = {"image": lesson(serve_torchvision.LITE).predict(PHOTO), "text": SentimentModel().classify([TEXT])[0]}
    server = Running(name, MODELS)
    try:
        assert alike(server.answers, expected)
    finally:
        server.stop()
