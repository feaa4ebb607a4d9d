"""Checks of the exercises on patterns."""

from exercises.checks.predictions import compare
from exercises.checks.verdicts import SlowError
from tools.language import say


def test_O5_chunks(answer, watch):
    items = list(range(1000, 1413))
    with watch() as run:
        result = list(answer.compute_all(items))
    assert len(result) == len(items), say(
        f"compute_all() returned {len(result)} results for {len(items)} items. It should return a number for each.",
        f"一共 {len(items)} 项，compute_all() 却返回了 {len(result)} 个结果。每一项都应该有一个数。",
    )
    wrong = [index for index, item in enumerate(items) if result[index] != item**2 % 1000]
    assert not wrong, say(
        f"{len(wrong)} of {len(items)} results are not right, the first of them at index {wrong[0]}. They should be "
        "in the order of the items.",
        f"{len(items)} 个结果中有 {len(wrong)} 个不对，第一个的下标是 {wrong[0]}。结果的顺序应当和各项的顺序一致。",
    )
    calls = [task for task in run.tasks if not task.name.startswith("Meeting.")]  # that is how Watch warms up
    tasks = len(calls)
    assert tasks <= 20, say(
        f"The result is right, but Ray ran {tasks} tasks for {len(items)} items. Twenty are enough, if each gets many "
        "items.",
        f"结果正确，但 {len(items)} 项用了 {tasks} 个 task。每个 task 多处理一些，二十个就够了。",
    )
    assert tasks >= 2, say(
        f"The result is right, but Ray ran {tasks} tasks. Use at least two, so that two CPUs share the work.",
        f"结果正确，但 Ray 只运行了 {tasks} 个 task。至少用两个，好让两个 CPU 分担工作。",
    )
    times = sorted((call.creation_time_ms, call.end_time_ms) for call in calls)
    waited = sum(later[0] > earlier[1] - 5 for earlier, later in zip(times, times[1:]))
    if waited > tasks / 2:
        raise SlowError(
            say(
                f"The result is right, and {tasks} tasks are few enough, but most of them were started only after the "
                "one before had ended. Start all of them, then wait.",
                f"结果正确，{tasks} 个 task 也不算多，但大多数 task 要等前一个结束才启动。请先全部启动，再等待。",
            )
        )


def test_O5_predict(answer, watch):
    watch.warm_up()
    with watch():
        compare(answer)
