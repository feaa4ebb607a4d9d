"""Checks of the exercises on clusters."""

import tempfile
from pathlib import Path

from ray.exceptions import ActorDiedError, ActorUnavailableError

from exercises.checks.predictions import compare
from tools.language import say


def test_O7_survive(answer, watch):
    with tempfile.TemporaryDirectory() as folder, watch() as run:
        try:
            numbers = answer.count_visitors(Path(folder))
        except ActorUnavailableError as error:
            raise AssertionError(
                say(
                    "Ray starts the gate again, but the fourth visitor's call was lost with the killed process: "
                    "ActorUnavailableError. Let Ray repeat such calls.",
                    "Ray 重新启动了这个 actor，但第四位访客的调用随被杀的进程一起丢了：ActorUnavailableError。"
                    "请让 Ray 重试这样的调用。",
                )
            ) from error
        except ActorDiedError as error:
            raise AssertionError(
                say(
                    "The gate's process was killed, and Ray did not start it again: ActorDiedError. An actor restarts "
                    "only if it was started with an option that allows it.",
                    "gate 的进程被杀，Ray 没有重新启动它：ActorDiedError。只有用选项允许过，actor 才会重启。",
                )
            ) from error
    assert list(numbers)[:3] == [1, 2, 3], say(
        f"The visitors got the numbers {numbers!r}. The first three are 1, 2 and 3.",
        f"访客得到的编号是 {numbers!r}，前三个应该是 1、2、3。",
    )
    assert list(numbers) != [1, 2, 3, 1], say(
        "The gate runs again, but the fourth visitor got number 1: the new process knows nothing of the first three. "
        "Save the number where the new process can read it.",
        "gate 又运行了，但第四位访客得到的编号是 1：新进程对前三位一无所知。请把数字存到新进程能读到的地方。",
    )
    assert list(numbers) == [1, 2, 3, 4], say(
        f"The visitors got the numbers {numbers!r}. The fourth is number 4.",
        f"访客得到的编号是 {numbers!r}，第四位应该是 4。",
    )
    assert len(run.processes("let_in")) > 1, say(
        "The numbers are right, but one process let all visitors in. Keep crash(), which kills it.",
        "编号正确，但四位访客都由同一个进程放行。请保留杀死进程的 crash()。",
    )


def test_O7_predict(answer, watch):
    with watch():
        compare(answer)
