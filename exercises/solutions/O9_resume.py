"""Continue training after a worker has been killed.

Task:  A worker takes six steps and saves a checkpoint after each one. It is killed before step 5. Ray Train starts a
       new worker, which begins again at step 1. Change train_worker() so that the new worker continues from the last
       checkpoint.
Check: make exercises ONLY=O9_resume
Look:  O9_train.py, train_worker()
Time:  10 minutes
"""

import json
import os
import signal
import tempfile
from pathlib import Path

import ray
from ray import train
from ray.train.torch import TorchTrainer


def take_step(weight, step, folder):
    """Add the step to the list in a file and return the new weight. Kill the process once, before step 5."""
    if step == 5 and not (folder / "killed").exists():
        train.get_all_reported_checkpoints()  # returns once Train has stored what was reported
        (folder / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    with open(folder / "steps", "a") as file:
        file.write(f"{step}\n")
    return weight + step


def train_worker(config):
    """Run in the worker. A number stands in for the weights of a model."""
    weight, done = 0, 0
    # exercise
    # # TODO: the new worker also starts here, without the checkpoint.
    # solution
    if checkpoint := train.get_checkpoint():
        with checkpoint.as_directory() as folder:
            state = json.loads((Path(folder) / "state.json").read_text())
        weight, done = state["weight"], state["step"]
    # end
    for step in range(done + 1, 7):
        weight = take_step(weight, step, config["folder"])
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "state.json").write_text(json.dumps({"weight": weight, "step": step}))
            train.report({"weight": weight}, checkpoint=train.Checkpoint.from_directory(folder))


def fit(folder):
    """Train, with all files in the folder. Return the last weight."""
    os.environ["RAY_TRAIN_HEALTH_CHECK_INTERVAL_S"] = "0.2"  # to notice the crash sooner than after 2 s
    trainer = TorchTrainer(
        train_worker,
        train_loop_config={"folder": folder},
        scaling_config=train.ScalingConfig(num_workers=1, resources_per_worker={"CPU": 0.25}),
        run_config=train.RunConfig(storage_path=str(folder), failure_config=train.FailureConfig(max_failures=1)),
    )
    return trainer.fit().metrics["weight"]


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local", log_to_driver=False)
    with tempfile.TemporaryDirectory() as name:
        print("weight:", fit(Path(name)), "steps:", (Path(name) / "steps").read_text().split())
