"""Checks of the exercises on tasks and objects."""

import numpy as np

from exercises.checks.predictions import compare
from tools.language import say


def test_O1_parallel_sum(answer, watch):
    blocks = [range(n, n + 10) for n in range(8)]
    with watch() as run:
        result = answer.total(blocks)
    wanted = sum(map(sum, blocks))
    assert result == wanted, say(
        f"total() returned {result!r}. The sum of these blocks is {wanted}.",
        f"total() 返回了 {result!r}，而这些块的总和是 {wanted}。",
    )
    calls = len(run.calls("add_up"))
    assert calls == len(blocks), say(
        f"Ray saw {calls} calls of add_up() for {len(blocks)} blocks. Keep one task for each block.",
        f"一共 {len(blocks)} 块，Ray 却看到 {calls} 次 add_up() 调用。每块仍用一个 task。",
    )
    run.expect_at_once("add_up")


def test_O1_share_once(answer, watch):
    table = np.random.default_rng(seed=1).integers(8, size=(4000, 4000), dtype=np.uint8)
    with watch(objects=True) as run:
        result = answer.histogram(table)
    wanted = np.bincount(table.ravel(), minlength=8).tolist()
    assert list(result) == wanted, say(
        f"histogram() returned {result!r}. Right is {wanted}.", f"histogram() 返回了 {result!r}，正确的是 {wanted}。"
    )
    calls = len(run.calls("count_value"))
    assert calls == 8, say(
        f"Ray saw {calls} calls of count_value(). Keep eight tasks, one for each value.",
        f"Ray 看到 {calls} 次 count_value() 调用。仍要用八个 task，每个值一个。",
    )
    assert run.copies <= 1, say(
        f"The result is right, but the object store held {run.copies} copies of the table at the same time. One is "
        "enough: all tasks can read the same object.",
        f"结果正确，但对象存储里同时有 {run.copies} 份表。一份就够了：所有 task 可以读同一个对象。",
    )
    assert run.copies == 1, say(
        "The result is right, but the table was never in the object store: it travelled with the function, once more "
        "to each process. Pass it as an argument.",
        "结果正确，但表根本没有进入对象存储：它随函数一起发送，每个进程都收到一份。请把它作为参数传递。",
    )
    run.expect_at_once("count_value")


def test_O1_predict(answer, watch):
    with watch():
        compare(answer)
