"""Predict the gradients and the weights of two workers.

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

# exercise
# PREDICTED = {"gradients": None, "weights": None}  # TODO
# solution
PREDICTED = {"gradients": [3.0, 3.0], "weights": [-6.0, -6.0]}
# end


def train_worker(config):
    """Take two steps down the gradient of weight * number. The number is 2 for rank 0 and 4 for rank 1."""
    rank = train.get_context().get_world_rank()
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    model = prepare_model(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=1)
    for _ in range(2):
        optimizer.zero_grad()
        model(torch.tensor([[2.0 + 2 * rank]])).sum().backward()  # in one process, the gradient is the number
        optimizer.step()
    [weight] = model.parameters()
    (config["folder"] / str(rank)).write_text(f"{weight.grad.item()} {weight.item()}")


def outcomes():
    """Return the last gradient and the weight of each worker, in the order of their ranks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        TorchTrainer(
            train_worker,
            train_loop_config={"folder": folder},
            scaling_config=train.ScalingConfig(num_workers=2, resources_per_worker={"CPU": 0.25}),
            run_config=train.RunConfig(storage_path=name),
        ).fit()
        found = [(folder / str(rank)).read_text().split() for rank in range(2)]
    return {"gradients": [float(gradient) for gradient, _ in found], "weights": [float(weight) for _, weight in found]}


if __name__ == "__main__":
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local", log_to_driver=False)
    print(outcomes())
