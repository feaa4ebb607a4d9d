"""Predict the weights of two workers, and what the trainer returns.

Task:  Predict the result of each step of outcomes() and write it into PREDICTED as a Python value. Only then run this
       file and compare.
Check: make exercises ONLY=O9_predict
Look:  O9_train.py, train_worker()
Time:  8 minutes
"""

import os
import tempfile
from pathlib import Path

import ray
import torch
from ray import train
from ray.train.torch import TorchTrainer, prepare_model
from torch import nn

PREDICTED = {"ranks": None, "weights": None, "rank in the metrics": None, "checkpoints": None}  # TODO


def train_worker(config):
    """Take two steps down the gradient of weight * number. The number is 2 for rank 0 and 4 for rank 1."""
    rank = train.get_context().get_world_rank()
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    model = prepare_model(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=1)
    for _ in range(2):
        optimizer.zero_grad()
        model(torch.tensor([[2.0 + 2 * rank]])).sum().backward()  # gradient: the number
        optimizer.step()
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = train.Checkpoint.from_directory(folder) if rank == 0 else None
            train.report({"rank": rank}, checkpoint=checkpoint)
    (config["folder"] / f"{rank}.weight").write_text(str(model.module.weight.item()))


def outcomes():
    """Return the workers' ranks and weights, the rank in the result's metrics, and the number of checkpoints."""
    with tempfile.TemporaryDirectory() as name:
        result = TorchTrainer(
            train_worker,
            train_loop_config={"folder": Path(name)},
            scaling_config=train.ScalingConfig(num_workers=2, resources_per_worker={"CPU": 0.25}),
            run_config=train.RunConfig(storage_path=name),
        ).fit()
        files = sorted(Path(name).glob("*.weight"))
        return {
            "ranks": [int(file.stem) for file in files],
            "weights": [float(file.read_text()) for file in files],
            "rank in the metrics": result.metrics["rank"],
            "checkpoints": len(result.best_checkpoints),
        }


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local", log_to_driver=False)
    print(outcomes())
