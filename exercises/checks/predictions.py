"""The check of the exercises that ask to predict."""

from tools.language import say


def compare(answer):
    """Compare an answer's PREDICTED with its outcomes(). Raises AssertionError, which does not give the outcomes away.

    A tuple may stand for a list.
    """
    found = answer.outcomes()
    predicted = answer.PREDICTED
    left = [name for name in found if predicted.get(name) is None]
    assert not left, say(
        f"Still to predict: {', '.join(left)}. Read outcomes(), then write down what you think.",
        f"还没有预测：{', '.join(left)}。请先读 outcomes()，再写下你的判断。",
    )
    other = [name for name, value in found.items() if _plain(predicted[name]) != _plain(value)]
    assert not other, say(
        f"Not as you predicted: {', '.join(other)}. Run the file to see what it gives, find out why, and correct it.",
        f"与预测不符：{', '.join(other)}。运行这个文件看看结果，弄清原因，再改正。",
    )


def _plain(value):
    return list(value) if isinstance(value, tuple) else value
