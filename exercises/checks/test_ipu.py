"""Checks of the exercises on devices that Ray does not know."""

import contextlib
import fcntl
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
            "进程结束时，内核会释放它的文件锁，但不会删除文件。",
        )
        if not at_once:
            raise SlowError(
                say(
                    "No two tasks used the same IPU at the same time. But only one IPU was in use at a time, and "
                    "there are four.",
                    "没有两个 task 同时使用同一个 IPU。但四个 IPU 里，同一时间只用了一个。",
                )
            )
        watch.warm_up()  # so that the task has begun when its file becomes free
        with watch(), contextlib.ExitStack() as stack:
            files = [stack.enter_context(open(folder / str(ipu))) for ipu in range(4)]
            for file in files:
                fcntl.flock(file, fcntl.LOCK_EX)
            task = answer.compute.remote(folder, 0)
            early, _ = ray.wait([task], timeout=2)
            files[3].close()
            ready, waiting = ray.wait([task], timeout=15)
            for task in waiting:  # not one that has just ended: Ray 2.60 can crash if it is still noting the result
                ray.cancel(task, force=True)
        assert not early, say(
            "No two tasks used the same IPU at the same time. But when all four files were locked, compute() ended at "
            "once. It should wait until one of them is free.",
            "没有两个 task 同时使用同一个 IPU。但四个文件都被锁住时，compute() 马上就结束了。它应该等到其中一个空闲。",
        )
        assert ready, say(
            "No two tasks used the same IPU at the same time. But when only IPU 3 was free, compute() did not find it. "
            "Try each of the four files.",
            "没有两个 task 同时使用同一个 IPU。但只有 IPU 3 空闲时，compute() 没有找到它。四个文件都要试一试。",
        )


def test_ipu_predict(answer, watch):
    with watch():
        compare(answer)
