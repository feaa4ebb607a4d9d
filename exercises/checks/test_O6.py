"""Checks of the exercises on resources."""

from exercises.checks.predictions import compare
from tools.language import say


def test_O6_licence(answer, watch):
    cases = [5, 3, 8, 1, 9, 2]
    with watch() as run:
        result = answer.solve_all(cases)
    wanted = [case * 10 for case in cases]
    assert result == wanted, say(
        f"solve_all() returned {result!r}. It should return {wanted}.",
        f"solve_all() 返回了 {result!r}，正确结果是 {wanted}。",
    )
    calls = run.calls("solve")
    assert len(calls) == len(cases), say(
        f"There were {len(cases)} cases, but the number of calls to solve() was {len(calls)}. Call it once per case.",
        f"共有 {len(cases)} 个算例，而 solve() 被调用了 {len(calls)} 次。请为每个算例调用一次。",
    )
    # Ray may note the end of a call after the next one has started, so run.at_once() would be too strict.
    times = [(call.start_time_ms, min(call.start_time_ms + 400, call.end_time_ms)) for call in calls]
    most = max(sum(start <= moment < end for start, end in times) for moment, _ in times)
    assert most <= 2, say(
        f"The result is right, but {most} tasks ran the program at the same time. There are only two licences.",
        f"结果正确，但有 {most} 个 task 同时运行这个程序，而许可证只有两个。",
    )
    actors = {task.actor_id: task.required_resources for task in run.started}  # an actor holds what it requested
    requests = [actors.get(call.actor_id, call.required_resources) or {} for call in calls]
    other = [request for request in requests if "licence" not in request]
    assert not other, say(
        "The result is right, and at most two tasks ran the program at the same time. But a call requested "
        f"{other[0]}, so Ray does not count its licence. On a larger cluster, or alongside other tasks that need a "
        "licence, more than two could run. Request the licence.",
        f"结果正确，同时运行这个程序的 task 最多只有两个。但有一次调用申请的资源是 {other[0]}，Ray 没有把许可证算进去。"
        "集群更大，或者还有别的 task 要用许可证时，就可能超过两个。请申请许可证。",
    )
    amounts = sorted({request["licence"] for request in requests})
    assert amounts == [1], say(
        f"The result is right, but the number of licences requested per call was {amounts}. Request one.",
        f"结果正确，但每次调用申请的许可证数是 {amounts}。申请一个即可。",
    )
    run.expect_at_once("solve")


def test_O6_predict(answer, watch):
    watch.warm_up()
    with watch():
        compare(answer)
