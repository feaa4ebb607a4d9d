"""O9: the data is scikit-learn's, halves have the gradient of the whole, and the network learns what others learn."""

import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import O9_train as lesson


@pytest.fixture(scope="module")
def data():
    """Return the pictures and digits."""
    return lesson.load()


def gradient(pictures, digits):
    """Return the gradient of a new model's mean loss."""
    model = lesson.make_model()
    torch.nn.functional.cross_entropy(model(pictures), digits).backward()
    return torch.cat([parameter.grad.flatten() for parameter in model.parameters()])


def test_the_pictures_are_those_of_scikit_learn(data):
    pictures, digits = data
    theirs, their_digits = load_digits(return_X_y=True)
    assert pictures.shape == (1797, 64)
    assert sorted(map(tuple, (pictures * 16).int().tolist())) == sorted(map(tuple, theirs.astype(int).tolist()))
    assert torch.bincount(digits).tolist() == [int((their_digits == digit).sum()) for digit in range(10)]


def test_they_come_in_the_same_order_each_time(data):
    assert all(torch.equal(one, other) for one, other in zip(data, lesson.load()))


def test_the_mean_of_two_halves_gradients_is_that_of_the_whole(data):
    pictures, digits = (part[lesson.HELD_OUT :] for part in data)
    halves = [gradient(pictures[half::2], digits[half::2]) for half in range(2)]
    assert torch.allclose((halves[0] + halves[1]) / 2, gradient(pictures, digits), atol=1e-6)


def test_the_means_of_unequal_parts_would_not_be(data):
    pictures, digits = (part[lesson.HELD_OUT :] for part in data)
    parts = [gradient(pictures[:100], digits[:100]), gradient(pictures[100:], digits[100:])]
    assert not torch.allclose((parts[0] + parts[1]) / 2, gradient(pictures, digits), atol=1e-6)


def test_a_model_is_new_each_time_and_always_the_same():
    one, other = lesson.make_model(), lesson.make_model()
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters()))
    assert one[0].weight is not other[0].weight


def test_an_untrained_model_guesses_and_a_trained_one_is_as_good_as_another_method(data):
    pictures, digits = data
    model = lesson.make_model()
    assert lesson.accuracy(model) < 0.3
    optimizer = torch.optim.Adam(model.parameters(), lr=lesson.RATE)
    for _ in range(lesson.STEPS):
        lesson.step(model, optimizer, pictures[lesson.HELD_OUT :], digits[lesson.HELD_OUT :])
    other = LogisticRegression(max_iter=500).fit(pictures[lesson.HELD_OUT :], digits[lesson.HELD_OUT :])
    theirs = other.score(pictures[: lesson.HELD_OUT], digits[: lesson.HELD_OUT])
    assert lesson.accuracy(model) >= 0.95
    assert abs(lesson.accuracy(model) - theirs) < 0.04
