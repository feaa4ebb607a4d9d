"""Checks of the exercises on observing."""

import re
import uuid

from exercises.checks.predictions import compare
from tools.language import say

BROKEN = (3, 41, 78, 112, 140, 171, 200, 236, 262, 299)  # if Ray shows 100 of 300 tasks, some of these are missing


def test_O8_failed(answer, watch):
    weights = [0 if number in BROKEN else 1.5 for number in range(300)]
    delivery = f"delivery {uuid.uuid4()}"
    with watch() as run:
        try:
            reasons = answer.failures(delivery, weights)
        except ValueError as error:
            raise AssertionError(
                say(
                    f"failures() stopped at the first error, {type(error).__name__}. It should return all "
                    f"{len(BROKEN)} reasons.",
                    f"failures() 遇到第一个错误就抛出了 {type(error).__name__}。应该返回全部 {len(BROKEN)} 条原因。",
                )
            ) from error
    found = sorted({int(number) for text in reasons for number in re.findall(r"parcel (\d+) weighs nothing", text)})
    assert found, say(
        f"failures() returned {reasons!r}, which mentions none of the parcels that weigh nothing. Wait until Ray's "
        "records say how each task ended.",
        f"failures() 返回了 {reasons!r}，里面没有提到任何重量为 0 的包裹。请等到 Ray 的记录里每个 task 都已结束。",
    )
    assert found == list(BROKEN), say(
        f"failures() found {len(found)} of the {len(BROKEN)} parcels that weigh nothing. It needs the records of all "
        f"{len(weights)} tasks, and each task must have ended.",
        f"重量为 0 的包裹有 {len(BROKEN)} 个，failures() 只找到 {len(found)} 个。"
        f"它需要全部 {len(weights)} 个 task 的记录，而且每个 task 都已结束。",
    )
    assert len(reasons) == len(BROKEN), say(
        f"failures() returned {len(reasons)} reasons. It should return {len(BROKEN)}, one per failed task.",
        f"failures() 返回了 {len(reasons)} 条原因，应该是 {len(BROKEN)} 条，每个失败的 task 一条。",
    )
    calls = len(run.calls("check"))
    assert calls == len(weights), say(
        f"There were {len(weights)} parcels, but the number of check() tasks was {calls}. Start one task per parcel.",
        f"共有 {len(weights)} 个包裹，而 check() 的 task 有 {calls} 个。请为每个包裹启动一个 task。",
    )


def test_O8_predict(answer, watch):
    with watch():
        compare(answer)
