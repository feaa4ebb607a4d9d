"""The other Python has to be there, and what fails in it is told."""

import pytest
import ray

import I5_old_python


def test_python_that_is_not_there_is_told(ray_here):
    model = I5_old_python.Model.remote("/no/such/python")
    with pytest.raises(ray.exceptions.ActorDiedError, match="No such file or directory: '/no/such/python'"):
        ray.get(model.about.remote())


def test_wrapper_that_prints_is_told(ray_here, tmp_path):
    wrapper = tmp_path / "python"
    wrapper.write_text('#!/bin/sh\necho The Poplar SDK is enabled.\nexec python3 "$@"\n')
    wrapper.chmod(0o755)
    model = I5_old_python.Model.remote(str(wrapper))
    with pytest.raises(ray.exceptions.ActorDiedError, match="the child talks nonsense"):
        ray.get(model.about.remote())
