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
        f"The worker took the steps {steps}, and was not killed before step 5. Leave take_step() as it is, and call it "
        "for each step.",
        f"worker 走了这些步：{steps}，第 5 步之前却没有被杀。take_step() 不要改，每一步都调用它。",
    )
    assert (before, after[-1:]) == ([1, 2, 3, 4], [6]), say(
        f"The steps were {steps}. The worker should take 1 to 4 before it is killed, and the last step is 6.",
        f"走过的步是 {steps}。worker 被杀之前应走 1 到 4，最后一步是 6。",
    )
    assert after[0] > 1 or weight != 21, say(
        f"The result is right, but the new worker began again with step 1: {before}, then {after}. Let it go on from "
        "the last checkpoint.",
        f"结果正确，但新 worker 又从第 1 步开始：先是 {before}，后是 {after}。它应该从最后一个检查点继续。",
    )
    assert after[0] > 1, say(
        f"The weight is {weight}, and six steps give 21. The new worker went on with the weight of the checkpoint, but "
        f"with step 1: {before}, then {after}.",
        f"权重是 {weight}，走六步应得 21。新 worker 沿用了检查点里的权重，却又从第 1 步开始："
        f"先是 {before}，后是 {after}。",
    )
    assert weight == 21, say(
        f"The weight is {weight}, and six steps give 21. The new worker went on with step {after[0]}, but not with the "
        "weight that the checkpoint has.",
        f"权重是 {weight}，走六步应得 21。新 worker 从第 {after[0]} 步继续，却没有用检查点里的权重。",
    )


def test_O9_predict(answer, watch):
    with watch():
        compare(answer)
