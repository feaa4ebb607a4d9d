"""What a served model owes to its users under load: nothing lost, nothing piled up, nothing half done."""

import signal
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ray import serve
from ray.serve.config import AutoscalingConfig

import serve_torchvision as lesson  # the one with the settings for production
from tests.support.load import load
from tests.support.places import wait_until
from tests.support.served import IMAGE, PHOTO, SESSION, replicas, running

pytestmark = pytest.mark.thorough

CLIENTS = 16
TWO, ALONE = str(IMAGE), "alone"  # applications: with two replicas, and with one


@pytest.fixture
def alone_url(serve_here):
    """Serve the image model with one replica, return its address."""
    if ALONE not in serve.status().applications:
        serve.run(IMAGE.bind(autoscaling_config=None, num_replicas=1), name=ALONE, route_prefix=f"/{ALONE}")
    return f"{serve_here}/{ALONE}/"


def test_a_killed_replica_costs_only_the_requests_in_flight_on_it_and_a_retry_none(image_url, ray_here):
    wait_until(lambda: running(TWO) == 2)
    before = wait_until(lambda: len(found := replicas(ray_here, f"{TWO}:ImageModel")) == 2 and found)

    def send(number):
        if number == 100:
            before[0].send_signal(signal.SIGKILL)
        return lesson.post(image_url, PHOTO, retries=3)

    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(send, range(400)))
    failed = [answer.raw.retries.history[0].status for answer in answers if answer.raw.retries.history]
    assert 1 <= len(failed) <= IMAGE.deployment.max_ongoing_requests
    assert set(failed) <= {500, 503, None}  # None: the connection broke
    assert {answer.status_code for answer in answers} == {200}
    wait_until(lambda: running(TWO) == 2)  # Serve has started another one
    after = replicas(ray_here, f"{TWO}:ImageModel")
    assert len({process.pid for process in after} - {process.pid for process in before}) == 1


@pytest.mark.parametrize(("name", "fixture", "count"), [(ALONE, "alone_url", 1), (TWO, "image_url", 2)])
def test_a_rolling_update_loses_no_request_and_no_capacity(name, fixture, count, request, ray_here):
    url = request.getfixturevalue(fixture)
    wait_until(lambda: running(name) == count)
    before = replicas(ray_here, f"{name}:ImageModel")
    assert len(before) == count
    # Other resources make Serve replace the replicas.
    changed = IMAGE.bind(autoscaling_config=None, num_replicas=count, ray_actor_options={"num_cpus": 0.2})
    done, at_work = threading.Event(), []

    def update():
        try:
            serve.run(changed, name=name, route_prefix=f"/{name}")
        finally:
            done.set()

    def watch():
        while not done.is_set():
            at_work.append(running(name))
            time.sleep(0.05)

    events = {20: update, 21: watch}
    outcomes = load(IMAGE.requests_to(url), clients=CLIENTS, seconds=90, events=events, stop=done)
    assert done.is_set()
    assert [outcome.statuses for outcome in outcomes if not outcome.ok] == []
    assert {process.pid for process in replicas(ray_here, f"{name}:ImageModel")}.isdisjoint(p.pid for p in before)
    assert min(at_work) == count


def test_a_second_replica_comes_under_load_and_goes_afterwards(serve_here):
    name = "autoscaled"
    # The lesson is more patient.
    soon = {"upscale_delay_s": 1, "downscale_delay_s": 2, "look_back_period_s": 2, "metrics_interval_s": 0.5}
    serve.run(IMAGE.bind(autoscaling_config=lesson.AUTOSCALING | soon), name=name, route_prefix=f"/{name}")
    try:
        assert running(name) == 1
        enough, outcomes = threading.Event(), []
        options = {"clients": CLIENTS, "seconds": 60, "stop": enough}
        request = IMAGE.requests_to(f"{serve_here}/{name}/")
        loading = threading.Thread(target=lambda: outcomes.extend(load(request, **options)))
        loading.start()
        try:
            wait_until(lambda: running(name) == 2)
        finally:
            enough.set()
            loading.join()
        assert [outcome.statuses for outcome in outcomes if not outcome.ok] == []
        wait_until(lambda: running(name) == 1)
    finally:
        serve.delete(name)


def test_a_full_queue_refuses_at_once_and_serve_stays_ready(alone_url, serve_here):
    health = []
    ask = {120: lambda: health.append(SESSION.get(f"{serve_here}/-/healthz", timeout=30).status_code)}
    outcomes = load(IMAGE.requests_to(alone_url), clients=120, requests=120, events=ask)
    assert health == [200]
    refused = [outcome for outcome in outcomes if outcome.statuses == [429]]
    answered = [outcome for outcome in outcomes if outcome.ok]
    assert len(refused) + len(answered) == 120
    assert len(refused) >= 10
    assert len(answered) >= 10  # 48 fit, but those on their way to the replica still count as waiting
    assert {outcome.headers["Retry-After"] for outcome in refused} == {"1"}
    waited = [statistics.median(outcome.seconds for outcome in outcomes) for outcomes in (refused, answered)]
    assert waited[0] < waited[1], "who is refused hears it soon"


def test_an_application_that_is_deleted_finishes_what_it_has_begun(alone_url):
    outcomes = load(IMAGE.requests_to(alone_url), clients=2, requests=200, events={20: lambda: serve.delete(ALONE)})
    assert {outcome.statuses[0] for outcome in outcomes} == {200, 404}  # 404 for those who come later


def test_ray_knows_every_autoscaling_setting():
    assert set(lesson.AUTOSCALING) <= set(AutoscalingConfig.model_fields)  # others it ignores


def test_the_request_id_is_answered_and_logged(image_url, ray_here):
    answer = lesson.post(image_url, PHOTO, headers={"X-Request-ID": "id-of-a-test"})
    assert answer.headers["X-Request-ID"] == "id-of-a-test"
    folder = ray_here.folder / "ray"
    wait_until(lambda: any("id-of-a-test" in log.read_text() for log in folder.glob("**/replica_*ImageModel*.log")))
