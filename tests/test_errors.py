"""Errors of PopTorch become plain data."""

import pytest
import ray

from errors import IPUError, describe


@ray.remote(num_cpus=0)
def fail():
    """Fail as PopTorch does, whose errors have their attributes on the class."""
    import backend

    class RecoverableError(backend.poptorch.Error):
        message = "a link is down"
        recovery_action = "LINK_RESET"

    with backend.plain_errors():
        raise RecoverableError


def test_error_of_the_device_reaches_the_driver_whole(ray_here):
    with pytest.raises(IPUError) as failed:
        ray.get(fail.remote())
    error = failed.value.cause
    assert error.args[0] == {
        "error": "RecoverableError",
        "message": "a link is down",
        "recovery_action": "LINK_RESET",
    }
    assert str(error) == "RecoverableError: a link is down (an operator has to do: LINK_RESET)"
    assert describe(error) == error.args[0], "it is plain data already"


def test_assertions_of_poptorch_are_plain_data_too(monkeypatch):
    monkeypatch.setenv("IPU_PRETEND", "4")
    import backend

    with pytest.raises(IPUError, match=r"^AssertionError: no$"), backend.plain_errors():
        raise AssertionError("no")
