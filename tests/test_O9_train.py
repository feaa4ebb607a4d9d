"""O9: the network learns what another method learns, and what the lesson prints as `...` is what it claims."""

import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import O9_train as lesson
from tools.lessons import lesson_named


@pytest.fixture(scope="module")
def printed(first_run):
    """Return the last words of the lesson's lines, by the words before them."""
    lines = first_run(lesson_named("O9_train")).stdout.splitlines()
    return dict(line.rsplit(maxsplit=1) for line in lines if line.strip())


def test_both_workers_resume_from_a_checkpoint(printed):
    assert int(printed["one was killed, both resumed after step"]) in (20, 40)


def test_the_network_is_as_good_as_another_method():
    pictures, digits = load_digits(return_X_y=True)
    inputs, labels = torch.tensor(pictures / 16, dtype=torch.float32), torch.tensor(digits)
    model = lesson.make_model()

    def accuracy():
        held_out = slice(lesson.HELD_OUT)
        return (model(inputs[held_out]).argmax(1) == labels[held_out]).float().mean().item()

    assert accuracy() < 0.3
    optimizer = torch.optim.Adam(model.parameters(), lr=lesson.LEARNING_RATE)
    for _ in range(lesson.STEPS):
        lesson.take_step(model, optimizer, inputs[lesson.HELD_OUT :], labels[lesson.HELD_OUT :])
    other = LogisticRegression(max_iter=500).fit(pictures[lesson.HELD_OUT :] / 16, digits[lesson.HELD_OUT :])
    theirs = other.score(pictures[: lesson.HELD_OUT] / 16, digits[: lesson.HELD_OUT])
    assert abs(accuracy() - theirs) < 0.04
