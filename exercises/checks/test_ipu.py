"""Checks of the exercises on devices that Ray does not know."""

import tempfile
from pathlib import Path

import ray

from exercises.checks.predictions import compare
from exercises.checks.verdicts import SlowError
from tools.language import say


def test_ipu_lease(answer, watch):
    watch.warm_up()  # so that the tasks start at once, even if an answer before this one has killed processes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for ipu in range(4):
            (folder / str(ipu)).touch()
        with watch():
            used = answer.compute_all(folder)
        at_once = [(one, other) for one in used for other in used if one is not other and one[1] <= other[1] < one[2]]
        assert len(used) == 6, say(
            f"compute_all() returned {len(used)} results. Keep six tasks.",
            f"compute_all() 返回了 {len(used)} 个结果。仍要用六个 task。",
        )
        shared = {one[0] for one, other in at_once if one[0] == other[0]}
        assert not shared, say(
            f"Two tasks used IPU {min(shared)} at the same time. Each has to lock the IPU's file first, and to keep it "
            "open until it has computed.",
            f"有两个 task 同时使用 IPU {min(shared)}。task 要先锁住这个 IPU 的文件，并让文件一直打开，直到算完。",
        )
        with watch():  # kills a task on each IPU, or as often on the same one if that is free again
            killed = [answer.compute.remote(folder, number, killed=True) for number in range(4)]
            _, waiting = ray.wait(killed, num_returns=len(killed), timeout=15)
            if not waiting:
                _, waiting = ray.wait([answer.compute.remote(folder, 0)], timeout=15)
            for task in waiting:
                ray.cancel(task, force=True)
        assert not waiting, say(
            "No two tasks used the same IPU at the same time. But after tasks were killed, another one waited in vain: "
            "their IPUs were still taken. A lock on an open file ends with the process, a file does not.",
            "没有两个 task 同时使用一个 IPU。但有 task 被杀之后，另一个 task 一直等不到：那些 IPU 仍被占着。"
            "文件锁会随进程结束而解除，文件本身却会留下。",
        )
    if not at_once:
        raise SlowError(
            say(
                "No two tasks used the same IPU, but only one IPU was in use at a time. There are four.",
                "没有两个 task 共用一个 IPU，但同一时间只有一个 IPU 在用，而 IPU 有四个。",
            )
        )


def test_ipu_predict(answer, watch):
    with watch():
        compare(answer)
