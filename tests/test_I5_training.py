"""Training: the stand-in's steps are PyTorch's, whether the batch comes whole or in parts."""

import pytest
import ray
import torch

import I5_training


@pytest.fixture(scope="module")
def flowers():
    """Return measurements and species, as tensors."""
    return [torch.from_numpy(values) for values in I5_training.read_flowers()]


def train_with_pytorch(flowers, rows):
    """Return a network after a step for each so many rows."""
    network = I5_training.make_network()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.2)
    for measures, species in zip(*(values.split(rows) for values in flowers)):
        optimizer.zero_grad()
        network(measures, species)[1].backward()
        optimizer.step()
    return network.state_dict()


def test_flowers_are_all_there_and_mixed(flowers):
    measures, species = flowers
    assert measures.shape == (150, 4)
    assert torch.allclose(measures.mean(dim=0), torch.zeros(4), atol=1e-5)
    assert species.bincount().tolist() == [50, 50, 50]
    assert len(species[:30].unique()) == 3


@pytest.mark.parametrize(
    ("accumulate", "replicas", "iterations"), [(1, 1, 1), (3, 1, 1), (1, 2, 1), (1, 1, 5), (5, 2, 1), (3, 1, 5)]
)
def test_steps_are_those_of_plain_pytorch(flowers, accumulate, replicas, iterations):
    import standin as poptorch

    network = I5_training.make_network()
    options = poptorch.Options().replicationFactor(replicas).deviceIterations(iterations)
    options.Training.gradientAccumulation(accumulate)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.2)
    model = poptorch.trainingModel(network, options=options, optimizer=optimizer)
    for measures, species in zip(*(values.split(30 * iterations) for values in flowers)):
        scores, loss = model(measures, species)
    assert scores.shape == (30 // accumulate, 3), "of the last part of each replica"
    assert not loss.requires_grad, "nobody can call backward()"
    expected = train_with_pytorch(flowers, 30)
    for name, values in network.state_dict().items():
        assert torch.allclose(values, expected[name], atol=1e-5)


def test_results_of_every_part_are_returned_when_asked_for(flowers):
    import standin as poptorch

    options = poptorch.Options().outputMode(poptorch.OutputMode.All).deviceIterations(5)
    scores, losses = poptorch.trainingModel(I5_training.make_network(), options)(*flowers)
    assert scores.shape == (150, 3)
    assert losses.shape == (5,)


def test_inference_accumulates_no_gradients():
    import standin as poptorch

    options = poptorch.Options()
    options.Training.gradientAccumulation(2)
    with pytest.raises(poptorch.Error, match="must be 1 for inference"):
        poptorch.inferenceModel(torch.nn.Identity(), options)


def test_trainer_goes_on_where_the_checkpoint_ends_and_leaves_a_whole_one(ray_here, tmp_path, flowers):
    checkpoint = tmp_path / "network.pt"
    crashed = I5_training.Trainer.remote(checkpoint)
    with pytest.raises(ray.exceptions.ActorDiedError):
        ray.get(crashed.train.remote(crash_after=11))
    assert torch.load(checkpoint)["epoch"] == 10
    checkpoint.with_suffix(".part").write_bytes(b"half of a checkpoint")  # as from a crash while it was written
    trainer = I5_training.Trainer.remote(checkpoint)
    assert ray.get(trainer.train.remote()) == ("cpu stand-in", 10)
    assert torch.load(checkpoint)["epoch"] == I5_training.EPOCHS
    assert list(tmp_path.iterdir()) == [checkpoint]
    ray.kill(trainer)
