"""What both served models owe to their users under load: nothing lost, nothing piled up, nothing half done."""

import os
import signal
import threading

import pytest
from ray import serve
from ray.serve.config import AutoscalingConfig

from tests.support.load import load
from tests.support.places import wait_until
from tests.support.served import FIXED, IMAGE, MODELS, SENTIMENT, SESSION, Server, replicas, running

pytestmark = pytest.mark.thorough

CLIENTS = 16


# What Serve does under load it does for both models, whose settings are alike (as a test sees). One of them shows it.
with_images = pytest.mark.parametrize("model", [IMAGE], ids=str, indirect=True)
with_texts = pytest.mark.parametrize("model", [SENTIMENT], ids=str, indirect=True)


@pytest.fixture(params=MODELS, ids=str)
def model(request):
    """Return each of the models."""
    return request.param


@pytest.fixture
def url(model, request, serve_here):
    """Return the address of the model, which has two replicas."""
    url = request.getfixturevalue("image_url" if model is MODELS[0] else "sentiment_url")
    wait_until(lambda: running(str(model)) == 2)
    return url


@with_images
def test_a_killed_replica_costs_only_the_requests_in_flight_on_it_and_a_retry_none(model, url, ray_here):
    first, _ = before = replicas(ray_here, model.deployment.name)
    kill = {100: lambda: first.send_signal(signal.SIGKILL)}
    outcomes = load(model.requests_to(url), clients=CLIENTS, requests=400, retries=1, events=kill)
    failed = [outcome.statuses[0] for outcome in outcomes if outcome.statuses[0] != 200]
    assert len(outcomes) == 400
    assert 1 <= len(failed) <= min(CLIENTS, model.lesson.SETTINGS["max_ongoing_requests"])
    assert all(isinstance(status, int) and 500 <= status < 600 for status in failed)
    assert [outcome.statuses for outcome in outcomes if not outcome.ok] == []
    wait_until(lambda: running(str(model)) == 2)  # Serve has started another one
    assert len({process.pid for process in replicas(ray_here, model.deployment.name)} - {p.pid for p in before}) == 1


@with_texts
def test_a_rolling_update_loses_no_request(model, url, ray_here):
    before = replicas(ray_here, model.deployment.name)
    changed = model.bind(**FIXED, ray_actor_options={"num_cpus": 0.4})  # this makes Serve replace the replicas
    done = threading.Event()

    def update():
        try:
            serve.run(changed, name=str(model), route_prefix=f"/{model}")
        finally:
            done.set()

    outcomes = load(model.requests_to(url), clients=CLIENTS, seconds=90, events={20: update}, stop=done)
    assert done.is_set()
    assert [outcome.statuses for outcome in outcomes if not outcome.ok] == []
    assert {process.pid for process in replicas(ray_here, model.deployment.name)}.isdisjoint(p.pid for p in before)


@with_images
def test_a_second_replica_comes_under_load_and_goes_afterwards(model, serve_here):
    name = f"{model}-autoscaled"
    soon = {"downscale_delay_s": 2, "look_back_period_s": 2, "metrics_interval_s": 0.5}  # the lesson is more patient
    app = model.bind(autoscaling_config=model.lesson.AUTOSCALING | soon)
    serve.run(app, name=name, route_prefix=f"/{name}")
    try:
        assert running(name) == 1
        enough, outcomes = threading.Event(), []
        options = {"clients": 2 * CLIENTS, "seconds": 60, "stop": enough}
        request = model.requests_to(f"{serve_here}/{name}/")
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


@with_texts
def test_a_full_queue_answers_at_once_and_what_was_begun_is_finished(model, serve_here):
    name = f"{model}-small"
    app = model.bind(autoscaling_config=None, num_replicas=1, max_ongoing_requests=2, max_queued_requests=4)
    serve.run(app, name=name, route_prefix=f"/{name}")
    request = model.requests_to(f"{serve_here}/{name}/")
    try:
        health = []
        ask = {40: lambda: health.append(SESSION.get(f"{serve_here}/-/healthz", timeout=30).status_code)}
        outcomes = load(request, clients=40, requests=40, events=ask)
        assert health == [200]  # Serve is alive, full queue or not
        refused = [outcome for outcome in outcomes if outcome.statuses == [429]]
        answered = [outcome for outcome in outcomes if outcome.ok]
        assert len(refused) + len(answered) == 40
        assert len(refused) >= 20
        assert len(answered) >= 4  # six fit, but one that is on its way to the replica still counts as waiting
        assert {outcome.headers["Retry-After"] for outcome in refused} == {"2"}
        assert [outcome.ok for outcome in outcomes[:10]] == [False] * 10, "who is refused hears it first"
        assert outcomes[-1].ok
    finally:
        # Deleting the application lets those that have been begun finish. Who comes later is told that it is gone.
        outcomes = load(request, clients=2, requests=200, events={20: lambda: serve.delete(name)})
    assert {outcome.statuses[0] for outcome in outcomes} == {200, 404}


def test_the_two_lessons_settings_differ_in_numbers_of_requests_only():
    alike = []
    for model in MODELS:
        settings = {name: value for name, value in model.lesson.SETTINGS.items() if not name.endswith("_requests")}
        scaling = {name: value for name, value in model.lesson.AUTOSCALING.items() if not name.endswith("_requests")}
        alike.append(settings | {"autoscaling_config": scaling})
    assert alike[0] == alike[1]


def test_ray_knows_every_autoscaling_setting(model):
    assert set(model.lesson.AUTOSCALING) <= set(AutoscalingConfig.model_fields)


def test_ray_takes_an_autoscaling_setting_that_it_does_not_know(model):
    model.bind(autoscaling_config=model.lesson.AUTOSCALING | {"target_ongoing_request": 1})  # hence the test above


@with_images
def test_two_replicas_work_on_one_core(model):
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system cannot confine processes to one core")
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})  # what is started now inherits it
    try:
        server = Server(model, ["-m", "tests.support.serve_model", str(model)], RAY_OVERRIDE_RESOURCES='{"CPU": 1}')
    finally:
        os.sched_setaffinity(0, cores)
    try:
        assert [process.cpu_affinity() for process in replicas(server.place, model.deployment.name)] == [
            [min(cores)]
        ] * 2
        assert all(outcome.ok for outcome in load(server.request, clients=4, requests=20))
    finally:
        server.stop()


def test_openapi_describes_requests_and_responses(model, url):
    described = SESSION.get(f"{url}openapi.json", timeout=30).json()
    operation = described["paths"]["/"]["post"]
    assert operation["requestBody"]["required"]
    [content] = [kind for kind in operation["responses"]["200"]["content"].values() if kind["schema"]]
    assert "label" in str(content) or "label" in str(described["components"]["schemas"])
    assert "200" in described["paths"]["/health"]["get"]["responses"]
    assert SESSION.get(f"{url}docs", timeout=30).status_code == 200


def test_health_is_answered_by_a_replica_that_has_its_model(model, url):
    answer = SESSION.get(f"{url}health", timeout=30)
    assert (answer.status_code, answer.json()) == (200, model.argument)


def test_the_request_id_is_answered_and_logged(model, url, ray_here):
    request = model.requests_to(url) | {"headers": {"X-Request-ID": f"id-of-{model}"}, "timeout": 30}
    assert SESSION.request(**request).headers["X-Request-ID"] == f"id-of-{model}"
    logs = (ray_here.folder / "ray").glob(f"**/replica_*{model.deployment.name}*.log")
    wait_until(lambda: any(f"id-of-{model}" in log.read_text() for log in logs))


def test_the_client_of_the_lesson_asks_once_more(model):
    retries = model.lesson.client().get_adapter("http://").max_retries
    assert retries.total == 1
    assert set(retries.status_forcelist) >= {429, 500, 503}
    assert model.request["method"] in retries.allowed_methods
