"""Every message in the tables of docs/versions.md is what old code gets from the Ray that is pinned."""

import functools
import re
import subprocess
import sys
import tempfile

import pytest
import ray
import ray.air
import ray.data
from ray import serve, train, tune
from ray.serve.config import AutoscalingConfig, HTTPOptions
from ray.train.torch import TorchTrainer
from ray.util.placement_group import placement_group, remove_placement_group

from tests.support.messages import Greeting, error_of, get_answer_of_serve, logs, says, warnings_of
from tests.support.pages import DOCS, rows
from tests.support.places import Place
from tools.lessons import ROOT

pytestmark = pytest.mark.thorough

PAGE = DOCS["versions.md"]
OLD, NEXT = rows(PAGE, "## From 2.3 to 2.60"), rows(PAGE, "## Upcoming removals (2.61 to 2.64)")
IRIS = str(ROOT / "data" / "iris.csv")


def nothing():
    """Do nothing."""


def number():
    """Yield a number."""
    yield 1


def three():
    """Return a dataset of three rows."""
    return ray.data.range(3)


def importing(statement):
    """Return the text of the error that an import ends with."""
    return error_of(lambda: exec(statement))


def report_to_air():
    """Report as in 2022, from a training function. It runs in this process, as a trainer without workers does."""

    def train_loop():
        from ray.air import session

        session.report({"loss": 1})

    with tempfile.TemporaryDirectory() as folder:
        options = {"run_config": train.RunConfig(storage_path=folder)}
        TorchTrainer(train_loop, scaling_config=train.ScalingConfig(num_workers=0), **options).fit()


@functools.cache
def in_a_trial():
    """Return what Tune's function gets that reports in old ways."""

    def trial(config):
        said = []
        for report in (lambda: tune.report(loss=1), lambda: train.report({"loss": 1})):
            try:
                report()
            except (TypeError, DeprecationWarning) as error:
                said.append(str(error))
        tune.report({"said": "\n".join(said)})

    with tempfile.TemporaryDirectory() as folder:
        [result] = tune.Tuner(trial, run_config=tune.RunConfig(storage_path=folder, verbose=0)).fit()
        return result.metrics["said"]


@functools.cache
def started_by_hand():
    """Return what `ray start` says in an empty home, with labels in the old form."""
    place = Place.make()
    try:
        options = ["--num-cpus", "1", "--port", "0", "--include-dashboard", "false", "--disable-usage-stats"]
        result = subprocess.run(
            [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", *options, "--labels", '{"zone": "a"}'],
            cwd=place.work,
            env=place.environment(PYTHONWARNINGS="default"),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout + result.stderr
    finally:
        place.remove()


def write(kind, **options):
    """Write a dataset into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        getattr(three(), f"write_{kind}")(folder, **options)


def in_a_group():
    """Run a task in a placement group, by the old option."""
    group = placement_group([{"CPU": 1}])
    try:
        ray.get(ray.remote(nothing).options(placement_group=group).remote())
    finally:
        remove_placement_group(group)


# What old code says, and what does so.
FAILS = {
    "Token authentication is enabled for this Ray cluster.": lambda: logs(
        "import ray\nray.init(num_cpus=1, include_dashboard=False)"
    ),
    "local_mode... is no longer supported": lambda: error_of(lambda: ray.init(address="local", local_mode=True)),
    "The experimental Ray Workflows library was deprecated": lambda: importing("from ray import workflow"),
    "unsupported operand type(s) for *: 'dict' and 'int'": lambda: error_of(
        lambda: three().map(lambda x: x * 2).take_all()
    ),
    "unhashable type: 'numpy.ndarray'": lambda: error_of(
        lambda: three().map_batches(lambda batch: {"x": {batch["id"]: 1}}).take_all()
    ),
    "the compute spec must be either TaskPoolStrategy or ActorPoolStrategy": lambda: error_of(
        lambda: three().map_batches(Greeting.func_or_class, compute="actors").take_all()
    ),
    "'Dataset' object has no attribute 'fully_executed'": lambda: error_of(lambda: three().fully_executed()),
    "'Dataset' object has no attribute 'window'": lambda: error_of(lambda: three().window()),
    "No module named 'ray.train.batch_predictor'": lambda: importing(
        "from ray.train.batch_predictor import BatchPredictor"
    ),
    "cannot import name 'Checkpoint' from 'ray.air'": lambda: importing("from ray.air import Checkpoint"),
    "Instead, only directories are supported.": lambda: error_of(lambda: train.Checkpoint.from_dict({"step": 1})),
    "is meant to only be called inside a function that is executed by a Tuner or Trainer": lambda: warnings_of(
        report_to_air
    ),
    "Use ...ray.train.ScalingConfig... instead.": lambda: error_of(
        lambda: TorchTrainer(nothing, scaling_config=ray.air.ScalingConfig(num_workers=1))
    ),
    "RunConfig(verbose)... is deprecated.": lambda: error_of(lambda: train.RunConfig(verbose=1)),
    "The ...restore... and ...can_restore... APIs are deprecated": lambda: error_of(lambda: TorchTrainer.restore("x")),
    "Improper 'run' - not string nor trainable.": lambda: error_of(lambda: tune.Tuner(TorchTrainer(nothing))),
    "is deprecated when running in a function passed to Ray Tune.": in_a_trial,
    "got an unexpected keyword argument 'loss'": in_a_trial,
    "'Deployment' object has no attribute 'deploy'": lambda: error_of(lambda: Greeting.deploy()),
    "unexpected keyword argument 'route_prefix'": lambda: error_of(lambda: serve.deployment(route_prefix="/x")),
    "unexpected keyword argument 'max_concurrent_queries'": lambda: error_of(
        lambda: serve.deployment(max_concurrent_queries=10)
    ),
    "unexpected keyword argument 'port'": lambda: error_of(lambda: serve.run(Greeting.bind(), port=8001)),
    "Invalid type of object refs": lambda: error_of(get_answer_of_serve),
    "cannot import name 'RayServeHandle'": lambda: importing("from ray.serve.handle import RayServeHandle"),
    "module 'ray.serve' has no attribute 'get_deployment'": lambda: error_of(lambda: serve.get_deployment("x")),
}
# What still works and warns.
WARNS = {
    "Token authentication is disabled for this Ray cluster.": started_by_hand,
    "ray_remote_args... is deprecated": lambda: warnings_of(
        lambda: three().map(lambda row: row, scheduling_strategy="SPREAD").take_all()
    ),
    "ray_remote_args_fn... is deprecated": lambda: warnings_of(
        lambda: three().map(lambda row: row, ray_remote_args_fn=dict).take_all()
    ),
    "Dataset.zip... is deprecated": lambda: warnings_of(lambda: three().zip(three()).take_all()),
    "DataIterator.to_torch... is deprecated": lambda: warnings_of(lambda: list(three().iterator().to_torch())),
    "local://... paths in Ray Data are deprecated": lambda: warnings_of(
        lambda: ray.data.read_csv(f"local://{IRIS}").take_all()
    ),
    "min_rows_per_file... with non-empty ...partition_cols... is deprecated": lambda: warnings_of(
        lambda: write("parquet", partition_cols=["id"], min_rows_per_file=1)
    ),
    "The argument ...concurrency... is deprecated": lambda: warnings_of(
        lambda: three().map(lambda row: row, concurrency=2).take_all()
    ),
    "The argument ...parallelism... is deprecated": lambda: warnings_of(lambda: ray.data.range(3, parallelism=2)),
    "String expressions are deprecated": lambda: warnings_of(lambda: three().filter(expr="id > 1").take_all()),
    "num_rows_per_file... is deprecated": lambda: warnings_of(lambda: write("csv", num_rows_per_file=3)),
    "num_returns='dynamic' is deprecated": lambda: warnings_of(
        lambda: ray.get(ray.remote(num_returns="dynamic")(number).remote())
    ),
    "DAGNode.execute() is deprecated": lambda: warnings_of(lambda: ray.get(ray.remote(nothing).bind().execute())),
    "placement_group parameter is deprecated.": lambda: warnings_of(in_a_group),
    "Use get_node_id() instead": lambda: warnings_of(lambda: ray.get_runtime_context().node_id),
    "passing node labels with ...--labels... in JSON format is deprecated": started_by_hand,
    "location... in HTTPOptions is deprecated": lambda: warnings_of(lambda: HTTPOptions(location="EveryNode")),
}


@pytest.mark.parametrize(("table", "produced", "columns"), [(OLD, FAILS, 3), (NEXT, WARNS, 4)], ids=["old", "next"])
def test_every_row_has_a_message_and_every_message_is_produced(table, produced, columns):
    assert [row for row in table if len(row) != columns or not re.fullmatch("`[^`]+`", row[-1])] == []
    messages = [row[-1].strip("`") for row in table]
    assert sorted(messages) == sorted(produced)


@pytest.mark.parametrize("message", FAILS)
def test_old_code_gets_the_message(message, ray_here, serve_here):
    said = FAILS[message]()
    assert says(message, said), said


@pytest.mark.parametrize("row", NEXT, ids=[row[0] for row in NEXT])
def test_old_way_works_and_warns_of_when_it_goes(row, ray_here):
    old, goes, _, message = row
    [said, *_] = [line for line in WARNS[message.strip("`")]().splitlines() if says(message.strip("`"), line)]
    if goes != "2.61":  # which only the documentation says
        assert goes in said
        assert goes or not re.search(r"removed (?:in Ray|after) [\w ]*\d", said), "the page says when"
    # The page names those that the tests of its readers miss.
    missed = PAGE.partition("It misses ")[2].partition(":")[0]
    assert any(name in old for name in re.findall("`(.+?)`", missed)) == ("RayDeprecationWarning: " not in said)


def test_changes_without_a_message(ray_here):
    assert serve.deployment(Greeting.func_or_class).max_ongoing_requests == 5
    ignored = AutoscalingConfig(target_num_ongoing_requests_per_replica=7)
    assert ignored.target_ongoing_requests == AutoscalingConfig().target_ongoing_requests
    [size] = (
        ray.data.range(5000, override_num_blocks=1).map_batches(lambda batch: {"size": [len(batch["id"])]}).take_all()
    )
    assert size == {"size": 5000}
