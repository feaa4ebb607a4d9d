"""Leases in workers: what Ray has counted is what is leased."""

import pytest
import ray

import I2_leases
from devices import DeviceError

use = I2_leases.use_a_device


def test_groups_and_single_ipus_share_the_devices(ray_here):
    sizes = [1, 2, 4, 1, 1, 2, 1, 4, 2, 1]
    used = ray.get([use.options(resources={"IPU": size}).remote() for size in sizes])
    assert [len(device.ipus) for device in used] == sizes


def test_task_without_an_ipu_gets_no_lease(ray_here):
    with pytest.raises(DeviceError, match="has asked Ray for no IPU: add resources"):
        ray.get(use.options(resources={}).remote())


def test_what_ray_admits_and_no_device_has_fails_at_once(ray_here):
    with pytest.raises(DeviceError, match=r"No device of this machine has 1\.5 IPUs"):
        ray.get(use.options(resources={"IPU": 1.5}).remote(), timeout=20)
