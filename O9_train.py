"""Training: two workers train one model, each on half the data, and get the weights one process would, up to rounding.

Run:   python O9_train.py
Next:  serve_torchvision.py
Docs:  https://docs.ray.io/en/latest/train/train.html
Time:  15 minutes
"""

import os
import signal
import tempfile

import ray
import torch
from ray import train
from ray.train.torch import TorchTrainer, prepare_model
from sklearn.datasets import load_digits
from torch import nn

HELD_OUT = 397  # of 1797 pictures of 8 x 8 pixels: the accuracy is measured on these
STEPS = 60
LEARNING_RATE = 0.05


def make_model():
    """Return the network, always with the same weights."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


def take_step(model, optimizer, pictures, digits):
    """Take one step down the gradient of the mean loss over all these pictures."""
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(pictures), digits).backward()
    optimizer.step()


def train_worker(config):
    """Run in each of the two workers."""
    rank = train.get_context().get_world_rank()  # 0 or 1
    pictures, digits = config["pictures"][rank::2], config["digits"][rank::2]  # this worker's half
    # Each backward() of a prepared model replaces the gradients with their mean over all workers: an all-reduce.
    model = prepare_model(make_model())
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    resumed_from = 0
    if checkpoint := train.get_checkpoint():
        with checkpoint.as_directory() as folder:
            state = torch.load(f"{folder}/state.pt")
        model.module.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        resumed_from = state["step"]

    for step in range(resumed_from + 1, STEPS + 1):
        if step == 50 and rank == 1 and not resumed_from:
            os.kill(os.getpid(), signal.SIGKILL)  # once, as if the machine had run out of memory
        take_step(model, optimizer, pictures, digits)
        if step % 20 == 0:
            with tempfile.TemporaryDirectory() as folder:
                state = {"model": model.module.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
                torch.save(state, f"{folder}/state.pt")
                checkpoint = train.Checkpoint.from_directory(folder) if rank == 0 else None  # all have the same model
                # report() is a barrier: it waits until all workers have called it.
                train.report({"pictures": len(digits), "resumed_from": resumed_from}, checkpoint=checkpoint)


def main():
    ray.init(address=os.environ.get("RAY_ADDRESS") or "local", log_to_driver=False)

    # One process and all of the data: what the two workers have to match.
    pictures, digits = map(torch.tensor, load_digits(return_X_y=True))
    pictures = pictures.float() / 16  # rows of 64 numbers from 0 to 1
    alone = make_model()
    optimizer = torch.optim.Adam(alone.parameters(), lr=LEARNING_RATE)
    for _ in range(STEPS):
        take_step(alone, optimizer, pictures[HELD_OUT:], digits[HELD_OUT:])
    right = alone(pictures[:HELD_OUT]).argmax(1) == digits[:HELD_OUT]
    print("one process, accuracy:", round(right.float().mean().item(), 3))
    # -> one process, accuracy: 0.9...

    # The trainer starts two workers and connects them. When one fails, it starts both again, and get_checkpoint() then
    # returns the last checkpoint. With large data, let the workers read it or use Ray Data.
    os.environ["RAY_TRAIN_HEALTH_CHECK_INTERVAL_S"] = "0.2"  # undocumented: notices a killed worker sooner
    storage = tempfile.TemporaryDirectory()  # on several machines, TMPDIR names a folder that all of them share
    trainer = TorchTrainer(
        train_worker,
        train_loop_config={"pictures": pictures[HELD_OUT:], "digits": digits[HELD_OUT:]},
        scaling_config=train.ScalingConfig(num_workers=2, resources_per_worker={"CPU": 0.25}),
        run_config=train.RunConfig(storage_path=storage.name, failure_config=train.FailureConfig(max_failures=1)),
    )
    result = trainer.fit()  # its metrics are those of rank 0
    print("pictures of each worker:", result.metrics["pictures"], "of", len(digits) - HELD_OUT)
    # -> pictures of each worker: 700 of 1400
    # Both resume from the last checkpoint that Train has registered: that of step 40, or of 20 if 40 came too late.
    print("one was killed, both resumed after step", result.metrics["resumed_from"])
    # -> one was killed, both resumed after step ...

    with result.checkpoint.as_directory() as folder:
        together = torch.load(f"{folder}/state.pt")["model"]
    difference = max((together[name] - weights).abs().max().item() for name, weights in alone.state_dict().items())
    print("largest difference of a weight:", f"{difference:.6f}")
    # -> largest difference of a weight: 0.000...


if __name__ == "__main__":
    main()
