"""Checks of the exercises on resources."""

from exercises.checks.predictions import compare
from tools.language import say


def test_O6_licence(answer, watch):
    cases = [5, 3, 8, 1, 9, 2]
    with watch() as run:
        result = answer.solve_all(cases)
    wanted = [case * 10 for case in cases]
    assert list(result) == wanted, say(
        f"solve_all() returned {result!r}. Right is {wanted}.", f"solve_all() 返回了 {result!r}，正确的是 {wanted}。"
    )
    calls = run.calls("solve")
    assert len(calls) == len(cases), say(
        f"Ray saw {len(calls)} calls of solve() for {len(cases)} cases. Keep one call for each case.",
        f"一共 {len(cases)} 个算例，Ray 却看到 {len(calls)} 次 solve() 调用。每个算例仍用一次调用。",
    )
    times = [(call.start_time_ms, min(call.start_time_ms + 400, call.end_time_ms)) for call in calls]
    # Ray may note the end of a call after the next one has started, so that run.at_once() would be too strict.
    most = max(sum(start <= moment < end for start, end in times) for moment, _ in times)
    assert most <= 2, say(
        f"The result is right, but the program ran {most} times at once, and there are two licences.",
        f"结果正确，但程序同时运行了 {most} 份，而许可证只有两个。",
    )
    actors = {task.actor_id: task.required_resources for task in run.started}  # an actor holds what it requested
    requests = [actors.get(call.actor_id, call.required_resources) or {} for call in calls]
    other = [request for request in requests if "licence" not in request]
    assert not other, say(
        f"The result is right, and the program ran at most twice at once. But a call requested {other[0]}, so Ray does "
        "not know that it uses a licence. On a larger cluster, or beside another program that needs one, it could run "
        "more often. Request the licence.",
        f"结果正确，程序最多同时运行两份。但调用申请的是 {other[0]}，Ray 并不知道它要用许可证。集群更大，"
        "或者还有别的程序要用许可证时，就可能超过两份。请申请许可证。",
    )
    amounts = sorted({request["licence"] for request in requests})
    assert amounts == [1], say(
        f"The result is right, but the licences that a call requested are {amounts}. It uses one.",
        f"结果正确，但一次调用申请的许可证数是 {amounts}。它只用一个。",
    )
    run.expect_at_once("solve")


def test_O6_predict(answer, watch):
    watch.warm_up()
    with watch():
        compare(answer)
