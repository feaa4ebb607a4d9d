"""Ray counts IPUs."""

import ray

import I1_devices
from tests.support.places import wait_until


def test_count_goes_down_with_an_actor_and_up_when_it_ends(ray_here):
    def free():
        return ray.available_resources().get("IPU", 0)

    wait_until(lambda: free() == 4)
    holder = I1_devices.Holder.options(resources={"IPU": 3}).remote()
    assert ray.get(holder.knows.remote()) == ({"IPU": 3.0}, "no id")
    wait_until(lambda: free() == 1)
    ray.kill(holder)
    wait_until(lambda: free() == 4)
