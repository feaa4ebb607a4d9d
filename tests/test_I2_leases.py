"""Leases: no IPU is held twice, none stays locked after its holder, nobody waits for ever."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import ray

import devices
import I2_leases
from devices import Lease

HOLD = "import devices, sys; lease = devices.Lease(1); print(lease.device.id, flush=True); sys.stdin.read()"


@pytest.fixture
def four(tmp_path, monkeypatch):
    """Pretend four IPUs, with locks of this test's own. Yield the folder of the locks."""
    monkeypatch.setenv("IPU_PRETEND", "4")
    monkeypatch.setenv("IPU_LEASES", str(tmp_path))
    yield tmp_path
    for lease in [lease for lease in devices._open if lease._folder == tmp_path]:
        lease.close()


def start_holder():
    """Start a process that holds an IPU until its input ends. Return it, and the IPU."""
    pipe = subprocess.PIPE
    environment = os.environ | {"PYTHONPATH": os.path.dirname(devices.__file__)}
    command = [sys.executable, "-c", HOLD]
    holder = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
    return holder, int(holder.stdout.readline())


def overlaps(spans):
    """Return the pairs of spans of time that overlap."""
    return [(one, other) for one, other in itertools.combinations(spans, 2) if one[0] < other[1] and other[0] < one[1]]


def test_fifty_tasks_on_four_ipus_never_hold_the_same_one(ray_here):
    results = ray.get([I2_leases.use_a_device.remote() for _ in range(50)])
    spans = {number: [] for number in range(4)}
    for device, start, end in results:
        spans[device.id].append((start, end))
    assert sum(map(len, spans.values())) == 50, "every task had its turn"
    assert [pair for number in spans for pair in overlaps(spans[number])] == []


def test_overlaps_are_seen():
    assert len(overlaps([(0, 2), (1, 3), (3, 4)])) == 1


def test_threads_that_no_count_holds_back_never_hold_the_same_ipu(four):
    held, spans = threading.Lock(), []

    def hold_often():
        for _ in range(10):
            with Lease(1) as device:
                start = time.monotonic()
                time.sleep(0.002)
                with held:
                    spans.append((device.id, start, time.monotonic()))

    threads = [threading.Thread(target=hold_often) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(spans) == 120, "none starved"
    for number in range(4):
        assert overlaps([span[1:] for span in spans if span[0] == number]) == []


@pytest.mark.parametrize("end", ["kill", "crash"])
def test_the_end_of_an_actor_frees_its_ipu(ray_here, end):
    holders = [I2_leases.Holder.remote() for _ in range(4)]
    ids = [device.id for device in ray.get([holder.device.remote() for holder in holders])]
    assert sorted(ids) == [0, 1, 2, 3]
    ray.kill(holders[1]) if end == "kill" else holders[1].crash.remote()
    another = I2_leases.Holder.remote()
    assert ray.get(another.device.remote()).id == ids[1]
    for holder in [*holders, another]:
        ray.kill(holder)


def test_sigkill_frees_the_ipu(four):
    holder, number = start_holder()
    assert number == 0
    holder.kill()
    holder.wait()
    assert Lease(1, patience=0).device.id == 0


def test_lease_that_nobody_keeps_is_kept(four):
    assert Lease(1).device.id != Lease(1).device.id


def test_ipu_that_is_out_of_order_is_leased_to_nobody_until_it_is_repaired(four):
    lease = Lease(1)
    lease.put_out_of_order("LINK_RESET")
    lease.close()
    assert Lease(2, patience=0).device.id == 5, "0 and 1 cannot work together"
    assert Lease(1, patience=0).device.id == 1
    with pytest.raises(devices.DeviceBusyError, match=r"Out of order: 0 \(.*out-of-order-0\)"):
        Lease(1, patience=0)
    devices.put_in_order()
    assert Lease(1, patience=0).device.id == 0


def test_folder_of_locks_that_cannot_be_used_is_told(four, monkeypatch):
    monkeypatch.setenv("IPU_LEASES", str(four / "missing"))
    with pytest.raises(devices.DeviceError, match="IPU_LEASES names another folder"):
        Lease(1)


def test_single_that_waits_behind_a_group_is_told_so(four):
    held = Lease(1)
    group = threading.Thread(target=lambda: Lease(4, patience=20).close())
    group.start()
    deadline = time.monotonic() + 10
    while not list(four.glob("ticket-*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(devices.DeviceBusyError, match="Others wait in front"):
        Lease(1, patience=0.1)
    held.close()
    group.join()


def test_child_that_inherits_the_lease_keeps_the_ipu_after_its_parent(four):
    lease = Lease(1)
    files = [file.fileno() for file in lease.files]
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=files)
    lease.close()
    other = Lease(1)
    assert other.device.id == 1, "the child has the first one"
    child.communicate(b"\n")
    assert Lease(1).device.id == 0


def test_groups_are_those_of_the_table(four):
    with Lease(4) as device:
        assert device == (6, (0, 1, 2, 3))
    with Lease(2) as first, Lease(2) as second:
        assert [first, second] == [(4, (0, 1)), (5, (2, 3))]


def test_two_free_ipus_may_form_no_device(four):
    leases = [Lease(1) for _ in range(4)]
    leases[1].close()
    leases[2].close()
    with pytest.raises(devices.DeviceBusyError) as refused:
        Lease(2, patience=0.1)
    pid = os.getpid()
    assert str(refused.value) == (
        f"No device of 2 IPUs is free. In use: 0 (pid {pid}), 3 (pid {pid}). Free, but no device: [1, 2]."
    )
    assert Lease(1, patience=0).device.id in (1, 2), "the attempt has kept none of them"


def test_one_ipu_comes_from_a_pair_that_is_broken_already(four):
    first = Lease(1)
    second = Lease(1)
    assert {first.device.id, second.device.id} == {0, 1}
    assert Lease(2, patience=0).device.id == 5


@pytest.mark.parametrize(
    ("count", "reason"), [(3, "3 IPUs form no"), (1.5, "1.5 IPUs form no"), (8, "No device of this")]
)
def test_lease_of_what_does_not_exist_fails_at_once(four, count, reason):
    with pytest.raises(devices.DeviceError, match=reason):
        Lease(count)


def test_busy_devices_are_named_with_who_has_them(four):
    holders = [start_holder() for _ in range(4)]
    with pytest.raises(devices.DeviceBusyError) as refused:
        Lease(1, patience=0.2)
    for holder, number in holders:
        assert f"{number} (pid {holder.pid})" in str(refused.value)
        holder.communicate("")


def test_turns_come_in_the_order_of_arrival_and_a_group_is_not_overtaken(four):
    singles, order, threads = [Lease(1) for _ in range(4)], [], []

    def wait_for(count, name):
        with Lease(count):
            order.append(name)
            time.sleep(0.05)

    arrivals = [(1, "first"), (4, "group"), (1, "third"), (1, "fourth")]
    for count, name in arrivals:
        threads.append(threading.Thread(target=wait_for, args=(count, name)))
        threads[-1].start()
        deadline = time.monotonic() + 10
        while len(list(four.glob("ticket-*"))) < len(threads) and time.monotonic() < deadline:
            time.sleep(0.01)
    for lease in singles:  # one after the other, each of which the third or the fourth would take
        lease.close()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    assert order[:2] == ["first", "group"]
    assert sorted(order[2:]) == ["fourth", "third"]


def test_who_died_in_the_queue_holds_up_nobody(four):
    (four / "ticket-00000000000000000000-dead").touch()
    assert Lease(1, patience=1).device.id == 0
    assert list(four.glob("ticket-*")) == []


def test_waiting_process_that_is_killed_holds_up_nobody(four):
    holders = [start_holder() for _ in range(4)]
    environment = os.environ | {"PYTHONPATH": os.path.dirname(devices.__file__)}
    waiting = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, env=environment)
    deadline = time.monotonic() + 10
    while not list(four.glob("ticket-*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    waiting.send_signal(signal.SIGKILL)
    waiting.wait()
    holders[2][0].communicate("")
    assert Lease(1, patience=5).device.id == holders[2][1]
    for holder, _ in holders[:2] + holders[3:]:
        holder.communicate("")


def test_task_without_an_ipu_gets_no_lease(ray_here):
    with pytest.raises(devices.DeviceError, match="has asked Ray for no IPU: add resources"):
        ray.get(I2_leases.use_a_device.options(resources={}).remote())


@pytest.mark.parametrize("count", [1.5, 3])
def test_what_ray_admits_and_no_device_has_fails_at_once(ray_here, count):
    with pytest.raises(devices.DeviceError, match=f"{count:g} IPUs form no device"):
        ray.get(I2_leases.use_a_device.options(resources={"IPU": count}).remote(), timeout=20)


def test_groups_and_single_ipus_share_the_devices(ray_here):
    sizes = [1, 2, 4, 1, 1, 2, 1, 4, 2, 1]
    use = I2_leases.use_a_device
    results = ray.get([use.options(resources={"IPU": size}).remote() for size in sizes])
    assert [len(device.ipus) for device, _, _ in results] == sizes
    for ipu in range(4):
        assert overlaps([(start, end) for device, start, end in results if ipu in device.ipus]) == []
