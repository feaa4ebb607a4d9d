"""The check of the exercises that ask to predict."""

from tools.language import say


def compare(answer):
    """Compare an answer's PREDICTED with its outcomes(). Raises AssertionError, which does not give the outcomes away.

    A tuple may stand for a list.
    """
    predicted = answer.PREDICTED
    left = [name for name, value in predicted.items() if value is None]
    assert not left, say(
        f"No prediction yet: {', '.join(left)}. Read outcomes(), then write your predictions into PREDICTED.",
        f"还没有预测：{', '.join(left)}。请先读 outcomes()，再把预测写进 PREDICTED。",
    )
    found = answer.outcomes()
    other = [name for name, value in found.items() if _plain(predicted.get(name)) != _plain(value)]
    assert not other, say(
        f"Different from your prediction: {', '.join(other)}. Run the file to see the results, find out why, and "
        "correct PREDICTED.",
        f"与预测不符：{', '.join(other)}。运行这个文件看实际结果，弄清原因，再修改 PREDICTED。",
    )


def _plain(value):
    return list(value) if isinstance(value, tuple) else value
