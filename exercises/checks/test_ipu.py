"""Checks of the exercises on devices that Ray does not know."""

import tempfile
from pathlib import Path

import ray

from exercises.checks.predictions import compare
from exercises.checks.verdicts import SlowError
from tools.language import say


def test_ipu_lease(answer, watch):
    watch.warm_up()  # so that tasks start at the same time, even if the last answer has killed processes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for ipu in range(4):
            (folder / str(ipu)).touch()
        with watch():
            used = answer.compute_all(folder)
        at_once = [(one, other) for one in used for other in used if one is not other and one[1] <= other[1] < one[2]]
        assert len(used) == 6, say(
            f"compute_all() returned {len(used)} results. It should return six, one per task.",
            f"compute_all() 返回了 {len(used)} 个结果，应该是六个，每个 task 一个。",
        )
        shared = {one[0] for one, other in at_once if one[0] == other[0]}
        assert not shared, say(
            f"Two tasks used IPU {min(shared)} at the same time. Lock the IPU's file before you use the IPU, and keep "
            "the file open until the task has finished.",
            f"有两个 task 同时使用 IPU {min(shared)}。使用 IPU 之前要先锁住它的文件，并让文件一直打开，直到算完。",
        )
        with watch():  # kills a task on each IPU, or several on one that becomes free again
            killed = [answer.compute.remote(folder, number, killed=True) for number in range(4)]
            _, waiting = ray.wait(killed, num_returns=len(killed), timeout=15)
            if not waiting:
                _, waiting = ray.wait([answer.compute.remote(folder, 0)], timeout=15)
            for task in waiting:
                ray.cancel(task, force=True)
        assert not waiting, say(
            "No two tasks used the same IPU at the same time. But after tasks were killed, the next one found no free "
            "IPU. When a process ends, the kernel releases its locks, but does not delete its files.",
            "没有两个 task 同时使用同一个 IPU。但几个 task 被杀之后，下一个 task 找不到空闲的 IPU。"
            "进程结束时，内核会解除它的文件锁，但不会删除文件。",
        )
    if not at_once:
        raise SlowError(
            say(
                "No two tasks used the same IPU at the same time. But only one IPU was in use at a time, and there are "
                "four.",
                "没有两个 task 同时使用同一个 IPU。但四个 IPU 里，同一时间只用了一个。",
            )
        )


def test_ipu_predict(answer, watch):
    with watch():
        compare(answer)
