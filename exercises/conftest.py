"""What the checks get: the answer to check, and a Ray that is watched."""

from pathlib import Path

import pytest
import ray

from exercises.checks.watching import Watch, load, start_ray

EXERCISES = Path(__file__).parent


def pytest_addoption(parser):
    """Add an option."""
    parser.addoption("--solutions", action="store_true", help="check the solutions instead of the exercises")


@pytest.fixture(scope="session")
def watch():
    """Start a Ray, yield what runs answers on it."""
    start_ray()
    yield Watch()
    ray.shutdown()


@pytest.fixture
def answer(request):
    """Return the module with the answer that the check named test_NAME is for."""
    folder = EXERCISES / "solutions" if request.config.getoption("solutions") else EXERCISES
    return load(folder / f"{request.function.__name__.removeprefix('test_')}.py")
