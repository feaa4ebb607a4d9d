"""Checks of the exercises on training."""

import tempfile
from pathlib import Path

from exercises.checks.predictions import compare
from tools.language import say


def test_O9_resume(answer, watch):
    with tempfile.TemporaryDirectory() as name, watch():
        folder = Path(name)
        weight = answer.fit(folder)
        steps = [int(step) for step in (folder / "steps").read_text().split()]
        killed = (folder / "killed").exists()
    before, after = steps[:4], steps[4:]
    assert killed, say(
        f"The worker took the steps {steps}, but it was not killed before step 5. Call take_step() for each step, and "
        "do not change it.",
        f"worker 执行的训练步是 {steps}，但它在第 5 步之前没有被杀。每一步都要调用 take_step()，不要改它。",
    )
    assert (before, after[-1:]) == ([1, 2, 3, 4], [6]), say(
        f"The workers took the steps {steps}. The first worker should take 1 to 4, and the last step should be 6.",
        f"worker 执行的训练步是 {steps}。第一个 worker 应执行第 1 到 4 步，最后一步应是第 6 步。",
    )
    assert after[0] > 1 or weight != 21, say(
        f"The result is right, but the new worker began again at step 1: the first one took the steps {before}, the "
        f"new one {after}. Continue from the last checkpoint.",
        f"结果正确，但新 worker 又从第 1 步开始：原来的执行了 {before}，新的执行了 {after}。请从最后一个检查点继续。",
    )
    assert after[0] > 1, say(
        f"The weight is {weight}, but six steps give 21. The new worker began with the weight of the checkpoint, but "
        f"at step 1: the first worker took the steps {before}, the new one {after}.",
        f"权重是 {weight}，而六步之后应得 21。新 worker 用了检查点里的权重，却从第 1 步开始："
        f"原来的执行了 {before}，新的执行了 {after}。",
    )
    assert weight == 21, say(
        f"The weight is {weight}, but six steps give 21. The new worker continued at step {after[0]}, but without "
        "the weight from the earlier steps.",
        f"权重是 {weight}，而六步之后应得 21。新 worker 从第 {after[0]} 步继续，却没有用之前各步得到的权重。",
    )


def test_O9_predict(answer, watch):
    with watch():
        compare(answer)
