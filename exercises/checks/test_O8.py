"""Checks of the exercises on observing."""

import re
import uuid

from exercises.checks.predictions import compare
from tools.language import say

BROKEN = (3, 41, 78, 112, 149)  # no hundred records that follow each other have all of them


def test_O8_failed(answer, watch):
    weights = [0 if number in BROKEN else 1.5 for number in range(150)]
    delivery = f"delivery {uuid.uuid4()}"
    with watch() as run:
        try:
            reasons = answer.failures(delivery, weights)
        except ValueError as error:
            raise AssertionError(
                say(
                    f"failures() raised the first error instead of returning all: {error!r}.",
                    f"failures() 没有返回全部错误，而是抛出了第一个：{error!r}。",
                )
            ) from error
    found = sorted({int(number) for text in reasons for number in re.findall(r"parcel (\d+) weighs nothing", text)})
    assert found, say(
        f"failures() returned {reasons!r}, which names no parcel. When it asked for the records, no task had failed "
        "yet, or the records had not arrived. Wait until they tell how each task has ended.",
        f"failures() 返回了 {reasons!r}，里面没有包裹。它查询的时候，还没有 task 失败，或者记录还没有到。"
        "请等到记录里每个 task 都已结束。",
    )
    assert len(found) == len(BROKEN), say(
        f"failures() found {len(found)} of {len(BROKEN)} broken parcels: {found}. It needs the records of all "
        f"{len(weights)} tasks, each of them ended.",
        f"坏的包裹一共有 {len(BROKEN)} 个，failures() 只找到 {len(found)} 个：{found}。"
        f"它需要全部 {len(weights)} 个 task 的记录，而且每个 task 都已结束。",
    )
    assert len(reasons) == len(BROKEN), say(
        f"failures() returned {len(reasons)} reasons. Return one for each of the {len(BROKEN)} failures.",
        f"failures() 返回了 {len(reasons)} 条原因。{len(BROKEN)} 个失败，每个返回一条。",
    )
    calls = sum(task.name in (delivery, "check") for task in run.tasks)
    assert calls == len(weights), say(
        f"Ray saw {calls} tasks for {len(weights)} parcels. Keep one for each.",
        f"一共 {len(weights)} 个包裹，Ray 却看到 {calls} 个 task。每个包裹仍用一个 task。",
    )


def test_O8_predict(answer, watch):
    with watch():
        compare(answer)
