"""Tune: try several learning rates side by side, and stop the trials that fall behind.

Run:   python training/tune.py
Docs:  https://docs.ray.io/en/latest/tune/index.html
"""

import os
import tempfile

import ray
from ray import tune
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

RATES = [0.1, 0.01, 0.001, 0.0001]
EPOCHS = 8


def train_network(config):
    """Train a network to read digits, and report its accuracy after each epoch."""
    pictures, held_out, digits, held_out_digits = train_test_split(*load_digits(return_X_y=True), random_state=0)
    network = MLPClassifier([32], learning_rate_init=config["rate"], random_state=0)
    for epoch in range(1, EPOCHS + 1):
        network.partial_fit(pictures / 16, digits, classes=range(10))
        tune.report({"epoch": epoch, "accuracy": network.score(held_out / 16, held_out_digits)})


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local", log_to_driver=False)
    os.environ["RAY_AIR_NEW_OUTPUT"] = "0"  # undocumented: hides the settings table
    storage = tempfile.TemporaryDirectory()  # on several machines, TMPDIR names a folder that all of them share

    # Tuner and its configuration are beta APIs. A trial is one run with one rate, and two run at a time. After 1, 2 and
    # 4 epochs the scheduler stops a trial that is not in the better half of those that have reached that epoch.
    scheduler = tune.schedulers.ASHAScheduler("epoch", max_t=EPOCHS, grace_period=1, reduction_factor=2)
    tuner = tune.Tuner(
        tune.with_resources(train_network, {"CPU": 0.5}),
        param_space={"rate": tune.grid_search(RATES)},
        tune_config=tune.TuneConfig(metric="accuracy", mode="max", scheduler=scheduler, max_concurrent_trials=2),
        run_config=tune.RunConfig(storage_path=storage.name, verbose=0),
    )
    trials = tuner.fit()
    print("epochs of each rate:", {trial.config["rate"]: trial.metrics["epoch"] for trial in trials})
    # -> epochs of each rate: {0.1: ..., 0.01: ..., 0.001: ..., 0.0001: 1}
    best = trials.get_best_result()
    print("the best rate:", best.config["rate"], "accuracy:", round(best.metrics["accuracy"], 2))
    # -> the best rate: 0... accuracy: 0.9...


if __name__ == "__main__":
    main()
