"""An actor with a device can give it back while it lives."""

import ray

import I3_inference
from devices import Lease


def test_actor_gives_its_device_back_while_it_lives(ray_here, monkeypatch):
    monkeypatch.setenv("IPU_PRETEND", "4")
    monkeypatch.setenv("IPU_LEASES", str(ray_here.folder / "leases"))
    model = I3_inference.Model.remote()
    ipus, _ = ray.get(model.about.remote())
    ray.get(model.close.remote())
    with Lease(4, patience=1) as device:
        assert set(ipus) <= set(device.ipus)
    ray.kill(model)
