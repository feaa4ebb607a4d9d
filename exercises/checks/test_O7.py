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
                    "The actor's process was killed while the fourth visitor's call was in flight. The call raised "
                    "ActorUnavailableError. The actor can restart, but such a call is lost unless Ray is "
                    "allowed to retry it.",
                    "actor 的进程被杀时，第四位访客的调用正在途中，结果抛出 ActorUnavailableError。"
                    "actor 可以重启，但途中的调用会丢失，除非让 Ray 重试。",
                )
            ) from error
        except ActorDiedError as error:
            raise AssertionError(
                say(
                    "The actor's process was killed, and the fourth visitor's call raised ActorDiedError. Ray restarts "
                    "an actor only if one of its options allows it.",
                    "actor 的进程被杀，第四位访客的调用抛出 ActorDiedError。只有设置了相应的选项，Ray 才会重启 actor。",
                )
            ) from error
    assert numbers != [1, 2, 3, 1], say(
        "The actor restarted, but the fourth visitor got the number 1: the new process did not know the count. Save "
        "the count where the new process can read it.",
        "actor 重启了，但第四位访客的编号是 1：新进程不知道原来的计数。请把它存到新进程能读到的地方。",
    )
    assert numbers == [1, 2, 3, 4], say(
        f"The visitors got the numbers {numbers!r}. They should be [1, 2, 3, 4].",
        f"访客的编号是 {numbers!r}，应该是 [1, 2, 3, 4]。",
    )
    assert len(run.processes("let_in")) > 1, say(
        "The numbers are right, but one process counted all visitors. Do not remove the crash.",
        "编号正确，但四位访客都由同一个进程计数。请不要去掉崩溃那一步。",
    )


def test_O7_predict(answer, watch):
    with watch():
        compare(answer)
