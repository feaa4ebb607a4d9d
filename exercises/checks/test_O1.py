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
        f"There were {len(blocks)} blocks, but the number of add_up() tasks was {calls}. Start one task per block.",
        f"共有 {len(blocks)} 块，而 add_up() 的 task 有 {calls} 个。请为每块启动一个 task。",
    )
    run.expect_at_once("add_up")


def test_O1_share_once(answer, watch):
    table = np.random.default_rng(seed=1).integers(8, size=(4000, 4000), dtype=np.uint8)
    with watch(objects=True) as run:
        result = answer.histogram(table)
    wanted = np.bincount(table.ravel(), minlength=8).tolist()
    assert result == wanted, say(
        f"histogram() returned {result!r}. The right counts are {wanted}.",
        f"histogram() 返回了 {result!r}，正确结果是 {wanted}。",
    )
    calls = len(run.calls("count_value"))
    assert calls == 8, say(
        f"The number of count_value() tasks was {calls}. Start eight, one per value.",
        f"count_value() 的 task 有 {calls} 个。请启动八个，每个值一个。",
    )
    assert run.copies <= 1, say(
        f"The result is right, but the object store held {run.copies} copies of the table at the same time. One is "
        "enough: all tasks can read the same object.",
        f"结果正确，但 object store 里同时存了 {run.copies} 份表。一份就够了：所有 task 可以读同一个对象。",
    )
    assert run.copies == 1, say(
        "The result is right, but the table was never in the object store. Ray sent it with the function, to each "
        "process separately. Put it in the object store and pass it as an argument.",
        "结果正确，但表没有进入 object store，而是随函数一起发给了每个进程。请把它放进 object store，再作为参数传递。",
    )
    run.expect_at_once("count_value")


def test_O1_predict(answer, watch):
    with watch():
        compare(answer)
