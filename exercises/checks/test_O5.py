"""Checks of the exercises on patterns."""

from exercises.checks.predictions import compare
from exercises.checks.verdicts import SlowError
from tools.language import say


def test_O5_chunks(answer, watch):
    items = list(range(1000, 1413))
    with watch() as run:
        result = list(answer.compute_all(items))
    assert len(result) == len(items), say(
        f"compute_all() returned {len(result)} results for {len(items)} items. It should return one number per item.",
        f"共有 {len(items)} 项，而 compute_all() 返回了 {len(result)} 个结果。应该每项返回一个数。",
    )
    wrong = [index for index, item in enumerate(items) if result[index] != item**2 % 1000]
    assert not wrong, say(
        f"{len(wrong)} of {len(items)} results are wrong, the first one at index {wrong[0]}. Return the results in the "
        "order of the items.",
        f"{len(items)} 个结果中有 {len(wrong)} 个不对，第一个的下标是 {wrong[0]}。结果的顺序要与各项的顺序一致。",
    )
    tasks = len(run.tasks)
    assert tasks <= 20, say(
        f"The result is right, but the number of tasks was {tasks}, for {len(items)} items. Start at most twenty, and "
        "give each of them many items.",
        f"结果正确，但 {len(items)} 项用了 {tasks} 个 task。最多启动二十个，每个多处理一些。",
    )
    assert tasks >= 2, say(
        f"The result is right, but the number of tasks was {tasks}. Start at least two, so that two CPUs share the "
        "work.",
        f"结果正确，但 task 只有 {tasks} 个。至少启动两个，让两个 CPU 分担工作。",
    )
    times = sorted((call.creation_time_ms, call.end_time_ms) for call in run.tasks)
    waited = sum(later[0] > earlier[1] - 5 for earlier, later in zip(times, times[1:]))
    if waited > (tasks - 1) / 2:
        raise SlowError(
            say(
                f"The result is right, and {tasks} tasks are few enough, but most of them started only after the "
                "previous one had ended. Start all tasks first, then wait for the results.",
                f"结果正确，task 也只有 {tasks} 个，但大多数都要等前一个结束才启动。请先启动所有 task，再等待结果。",
            )
        )


def test_O5_predict(answer, watch):
    watch.warm_up()
    with watch():
        compare(answer)
