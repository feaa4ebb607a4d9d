"""Training: two workers, each with half of the data, train one model, and it comes out as one process would train it.

Run:   python O9_train.py    (KEEP=<folder> keeps the picture that it draws)
Next:  serve_torchvision.py
Docs:  https://docs.ray.io/en/latest/train/train.html
Time:  20 minutes
"""

import os
import signal
import socket
import sys
import tempfile
from pathlib import Path

import numpy as np
import ray
import torch
from matplotlib.figure import Figure
from ray import train, tune
from ray.train.torch import TorchTrainer, prepare_model
from sklearn.datasets import load_digits
from torch import nn

HELD_OUT = 397  # of 1797 pictures of digits, which no training sees
STEPS, RATE = 60, 0.05
EVERY = 10  # steps between two checkpoints
SMALL = {"CPU": 0.25}  # what each worker and each trial asks for: they are to fit on one core


def load():
    """Return 1797 pictures of 8 x 8 pixels as rows of 64 numbers from 0 to 1, and their digits, both shuffled."""
    pictures, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(digits))
    return torch.tensor(pictures[order] / 16, dtype=torch.float32), torch.tensor(digits[order])


def make_model():
    """Return the network, always with the same weights."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


def step(model, optimizer, pictures, digits):
    """Take one step down the gradient of the mean loss over all these pictures."""
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(pictures), digits).backward()
    optimizer.step()


def accuracy(model):
    """Return the share of the held-out pictures whose digit the model names."""
    pictures, digits = load()
    with torch.inference_mode():
        return (model(pictures[:HELD_OUT]).argmax(1) == digits[:HELD_OUT]).float().mean().item()


def train_worker():
    """Run in each of the two workers."""
    rank = train.get_context().get_world_rank()  # 0 or 1: which of the two this is
    # All-reduce: each worker gives numbers, and all get the sums. In this way the workers exchange their gradients.
    numbers = torch.tensor([[1.0, 2.0], [3.0, 4.0]][rank])
    torch.distributed.all_reduce(numbers)

    # Ray Data hands each worker another half, here in one batch.
    [batch] = train.get_dataset_shard("train").iter_torch_batches(batch_size=2000)
    pictures, digits = batch["picture"], batch["digit"]
    # After each backward() the prepared model holds the mean of all workers' gradients.
    model = prepare_model(make_model())
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    begun = 0
    if checkpoint := train.get_checkpoint():
        with checkpoint.as_directory() as folder:
            state = torch.load(Path(folder) / "state.pt")
        model.module.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        begun = state["step"]

    for number in range(begun + 1, STEPS + 1):
        if number == STEPS // 2 + 5 and rank == 1 and not begun:
            os.kill(os.getpid(), signal.SIGKILL)  # a failure, as if the memory had run out
        step(model, optimizer, pictures, digits)
        if number % EVERY == 0:
            found = {"step": number, "begun": begun, "sums": numbers.tolist(), "pictures": len(digits)}
            with tempfile.TemporaryDirectory() as folder:
                state = {"model": model.module.state_dict(), "optimizer": optimizer.state_dict(), "step": number}
                torch.save(state, Path(folder) / "state.pt")
                # All workers report. One checkpoint is enough, since their models are the same.
                train.report(found, checkpoint=train.Checkpoint.from_directory(folder) if rank == 0 else None)


def try_rate(setting):
    """Train in one process with some learning rate, and tell Tune how it goes."""
    pictures, digits = load()
    model = make_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=setting["rate"])
    for number in range(1, STEPS + 1):
        step(model, optimizer, pictures[HELD_OUT:], digits[HELD_OUT:])
        if number % EVERY == 0:
            tune.report({"step": number, "accuracy": accuracy(model)})


def main():
    """Run the lesson."""
    # Starts Ray on this machine, or joins the cluster that RAY_ADDRESS names as host:port.
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address != "local":
        try:
            socket.create_connection(address.rsplit(":", 1), timeout=5).close()
        except (OSError, ValueError):
            sys.exit(f"No Ray cluster answers at RAY_ADDRESS={address}. Start it, or unset the variable.")
    ray.init(address=address, log_to_driver=False)  # Train tells a great deal
    temporary = tempfile.TemporaryDirectory()  # gone when the script ends
    folder = Path(os.environ.get("KEEP", temporary.name))
    folder.mkdir(parents=True, exist_ok=True)
    storage = os.environ.get("STORAGE", temporary.name)  # on several machines a folder that all of them share

    # One process, all of the data: this is what the two workers are compared with.
    pictures, digits = load()
    alone = make_model()
    optimizer = torch.optim.Adam(alone.parameters(), lr=RATE)
    for _ in range(STEPS):
        step(alone, optimizer, pictures[HELD_OUT:], digits[HELD_OUT:])
    print("pictures to learn from:", len(digits) - HELD_OUT, "held out:", HELD_OUT)
    # -> pictures to learn from: 1400 held out: 397
    print("one process, accuracy at least 0.95:", accuracy(alone) >= 0.95)
    # -> one process, accuracy at least 0.95: True

    # The trainer starts two workers and connects them. When one fails it starts both again, and get_checkpoint() then
    # returns the last checkpoint. What to do with it is up to train_worker().
    os.environ["RAY_TRAIN_HEALTH_CHECK_INTERVAL_S"] = "0.2"  # not 2: this training lasts no longer than that
    rows = [{"picture": row, "digit": digit} for row, digit in zip(pictures.numpy(), digits.numpy())]
    trainer = TorchTrainer(
        train_worker,
        datasets={"train": ray.data.from_items(rows[HELD_OUT:])},
        scaling_config=train.ScalingConfig(num_workers=2, resources_per_worker=SMALL),
        run_config=train.RunConfig(
            storage_path=storage, name="digits", failure_config=train.FailureConfig(max_failures=1)
        ),
    )
    result = trainer.fit()
    print("[1, 2] and [3, 4] all-reduced:", result.metrics["sums"])
    # -> [1, 2] and [3, 4] all-reduced: [4.0, 6.0]
    print("two workers, pictures of each:", result.metrics["pictures"])
    # -> two workers, pictures of each: 700
    print("one was killed, both resumed after a checkpoint:", result.metrics["begun"] in (10, 20, 30))
    # -> one was killed, both resumed after a checkpoint: True

    # The mean of two halves' gradients is the gradient of the whole, so together they come to the same weights.
    together = make_model()
    with result.checkpoint.as_directory() as kept:
        together.load_state_dict(torch.load(Path(kept) / "state.pt")["model"])
    print("together, accuracy at least 0.95:", accuracy(together) >= 0.95)
    # -> together, accuracy at least 0.95: True
    same = all(torch.allclose(one, two, atol=1e-3) for one, two in zip(together.parameters(), alone.parameters()))
    print("the weights of one process:", same)
    # -> the weights of one process: True

    # Ray Tune runs trials, here two at a time. After 10, 20 and 40 steps this scheduler stops a trial that does worse
    # than the better half of those that came so far before it.
    os.environ |= {"RAY_AIR_NEW_OUTPUT": "0", "TUNE_DISABLE_SIGINT_HANDLER": "1"}  # no tables, and Ctrl-C ends it
    scheduler = tune.schedulers.ASHAScheduler("step", max_t=STEPS, grace_period=EVERY, reduction_factor=2)
    tuner = tune.Tuner(
        tune.with_resources(try_rate, SMALL),
        param_space={"rate": tune.grid_search([0.1, 0.01, 0.001, 0.0001])},
        tune_config=tune.TuneConfig(
            metric="accuracy", mode="max", scheduler=scheduler, max_concurrent_trials=2, reuse_actors=True
        ),
        run_config=tune.RunConfig(storage_path=storage, name="rates", verbose=0),
    )
    trials = tuner.fit()
    best = trials.get_best_result()
    print("the best learning rate:", best.config["rate"], "with at least 0.95:", best.metrics["accuracy"] >= 0.95)
    # -> the best learning rate: 0.1 with at least 0.95: True
    print("trials that were stopped early:", sum(trial.metrics["step"] < STEPS for trial in trials) > 0)
    # -> trials that were stopped early: True

    axes = Figure(figsize=(7, 3), layout="constrained").subplots()
    for trial in trials:
        table = trial.metrics_dataframe
        axes.plot(table["step"], table["accuracy"], marker="o", label=f"{trial.config['rate']}")
    axes.set(xlabel="steps", ylabel="accuracy", ylim=(0, 1))
    axes.legend(title="learning rate", loc="center right")
    axes.figure.savefig(folder / "trials.svg")
    print("drawn:", [path.name for path in folder.glob("trials.svg")])
    # -> drawn: ['trials.svg']


if __name__ == "__main__":
    main()
