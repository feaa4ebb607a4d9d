"""Training: each call of a training model is a step on the device, and a checkpoint outlives the actor that made it.

Run:   python ipu/I5_training.py
Next:  ipu/I6_old_python.py
Docs:  https://docs.ray.io/en/latest/ray-core/fault_tolerance/actors.html
Time:  10 minutes
"""

import csv
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path

import numpy as np
import ray

import devices

PRETEND = 4  # IPUs that this script pretends to have, on a machine that has none
FLOWERS = Path(__file__).parent.parent / "data" / "iris.csv"
SPECIES = ["setosa", "versicolor", "virginica"]
BATCH = 30  # flowers a step: a fifth of them. The size is compiled in, so every step has to have as many
EPOCHS = 40
SAVE_EVERY = 10  # epochs, of which at most so many are lost


def read_flowers():
    """Return measurements, float32 of shape (150, 4), each column scaled, and species, int64 of shape (150,)."""
    with open(FLOWERS, newline="") as file:
        rows = list(csv.reader(file))[1:]
    measures = np.array([row[:4] for row in rows], np.float32)
    order = np.random.default_rng(seed=0).permutation(len(rows))  # the file is sorted by species
    species = np.array([SPECIES.index(row[4]) for row in rows])
    return ((measures - measures.mean(axis=0)) / measures.std(axis=0))[order], species[order]


def make_network():
    """Return a network that returns scores, and with the species given the loss as well."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3))
            self.loss = torch.nn.CrossEntropyLoss()

        def forward(self, measures, species=None):
            scores = self.layers(measures)
            # On an IPU the whole step is one program: forward, loss, backward, update. So the loss is in here, and
            # nobody calls backward().
            return scores if species is None else (scores, self.loss(scores, species))

    torch.manual_seed(0)
    return Network()


@ray.remote(num_cpus=0, resources={"IPU": 1})
class Trainer:
    """Trains the network on a device."""

    def __init__(self, checkpoint):
        """Begin where the checkpoint ends, if there is one."""
        self.lease = devices.lease()
        import torch

        import backend
        from backend import poptorch

        self.torch, self.plain_errors, self.name = torch, backend.plain_errors, backend.NAME
        self.checkpoint, self.epoch, self.network = checkpoint, 0, make_network()
        # Without momentum SGD has no state of its own, and the parameters are all there is to save.
        optimizer = torch.optim.SGD(self.network.parameters(), lr=0.2)
        if checkpoint.exists():
            saved = torch.load(checkpoint)
            self.epoch = saved["epoch"]
            self.network.load_state_dict(saved["network"])
        options = backend.options(self.lease.device)
        options.outputMode(poptorch.OutputMode.Final)
        options.showCompilationProgressBar(False)
        with self.plain_errors():
            self.model = poptorch.trainingModel(self.network, options=options, optimizer=optimizer)

    def train(self, crash_after=EPOCHS):
        """Train to the end, or until this process crashes after so many epochs. Return what computed, and since when.

        The crash is what the kernel does to a process when memory runs out: nothing is tidied up.
        """
        measures, species = (self.torch.from_numpy(values) for values in read_flowers())
        began = self.epoch
        while self.epoch < EPOCHS:
            if self.epoch == crash_after:
                os.kill(os.getpid(), signal.SIGKILL)
            for start in range(0, len(species), BATCH):
                with self.plain_errors():
                    self.model(measures[start : start + BATCH], species[start : start + BATCH])
            self.epoch += 1
            if self.epoch % SAVE_EVERY == 0:
                self.save()
        return self.name, began

    def save(self):
        """Write the checkpoint: first beside it, so that there is a whole one at any moment."""
        with self.plain_errors():
            self.model.copyWeightsToHost()  # until now the newest parameters are on the device alone
        unfinished = self.checkpoint.with_suffix(".part")
        self.torch.save({"epoch": self.epoch, "network": self.network.state_dict()}, unfinished)
        unfinished.replace(self.checkpoint)


@ray.remote(num_cpus=0)
def train_with_pytorch():
    """Train with plain PyTorch, without interruption. Return the parameters."""
    import torch

    network = make_network()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.2)
    measures, species = (torch.from_numpy(values) for values in read_flowers())
    for _ in range(EPOCHS):
        for start in range(0, len(species), BATCH):
            _, loss = network(measures[start : start + BATCH], species[start : start + BATCH])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return {name: values.numpy() for name, values in network.state_dict().items()}


@ray.remote(num_cpus=0)
def examine(checkpoint, expected):
    """Return how many flowers a checkpoint's network gets right, and whether its parameters are the expected ones."""
    import torch

    network = make_network()
    network.load_state_dict(torch.load(checkpoint)["network"])
    measures, species = (torch.from_numpy(values) for values in read_flowers())
    with torch.inference_mode():
        right = int((network(measures).argmax(dim=1) == species).sum())
    found = network.state_dict()
    return right, all(np.allclose(found[name].numpy(), expected[name], atol=1e-3) for name in expected)


def main():
    """Run the lesson."""
    backend, count = devices.announce(PRETEND)
    # -> backend: cpu stand-in: this machine has no IPU, so PyTorch computes on its CPU
    # Starts Ray on this machine, or joins the cluster that RAY_ADDRESS names as host:port.
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address != "local":
        try:
            socket.create_connection(address.rsplit(":", 1), timeout=5).close()
        except (OSError, ValueError):
            sys.exit(f"No Ray cluster answers at RAY_ADDRESS={address}. Start it, or unset the variable.")
    ray.init(address=address, resources={"IPU": count} if address == "local" else None)
    devices.require(1)

    with tempfile.TemporaryDirectory() as folder:  # on several machines, a folder that all of them see
        checkpoint = Path(folder) / "network.pt"
        # The process ends in the middle, without a word. Its device is free, its parameters are gone.
        try:
            ray.get(Trainer.remote(checkpoint).train.remote(crash_after=25))
        except ray.exceptions.ActorDiedError as error:
            print(f"{backend}:", type(error).__name__)
        # -> cpu stand-in: ActorDiedError

        # The checkpoint is there, and another actor goes on from it. Five epochs have to be done again.
        backend, began = ray.get(Trainer.remote(checkpoint).train.remote())
        print(f"{backend}, another actor went on after epoch {began}")
        # -> cpu stand-in, another actor went on after epoch 20

        # As if nothing had happened, and as if there had been no device.
        right, same = ray.get(examine.remote(checkpoint, train_with_pytorch.remote()))
        print(f"{backend}, right: {right} of 150, parameters like plain PyTorch's: {same}")
        # -> cpu stand-in, right: ... of 150, parameters like plain PyTorch's: True


if __name__ == "__main__":
    main()
