"""Checks of the exercises on batches."""

from ray import serve

from exercises.checks.serving import compare_served, served
from tools.language import say

TEXTS = [f"{number} {word}" for number in range(16) for word in ("good", "bad")]
AT_ONCE = 5  # requests that a replica takes by default


def test_transformers_batch(answer, watch):
    with served(answer.app, watch):
        handle = serve.get_app_handle("answer")
        responses = [handle.remote(text) for text in TEXTS]
        labels = [response.result() for response in responses]
        sizes = handle.get_sizes.remote().result()
    assert labels == ["POSITIVE", "NEGATIVE"] * 16, say(
        f"The labels are wrong. The first four are {labels[:4]!r}. POSITIVE and NEGATIVE should alternate.",
        f"标签不对。前四个是 {labels[:4]!r}，应该是 POSITIVE 和 NEGATIVE 交替出现。",
    )
    calls, largest = len(sizes), max(sizes, default=0)
    assert sum(sizes) == len(TEXTS), say(
        f"The model of one replica got {sum(sizes)} of {len(TEXTS)} texts. Use only one replica and one model.",
        f"一共 {len(TEXTS)} 条文本，一个副本的模型只收到 {sum(sizes)} 条。请只用一个副本、一个模型。",
    )
    assert not (calls > 5 and 1 < largest <= AT_ONCE), say(
        f"The labels are right, but the model was called {calls} times, with at most {largest} texts. No more were in "
        "the replica at the same time: by default it takes only five requests at once. Let it take more.",
        f"标签正确，但模型被调用了 {calls} 次，每次最多 {largest} 条文本。副本里同时只有这么多请求：默认最多"
        "同时接收五个。请调高这个上限。",
    )
    assert calls <= 5, say(
        f"The labels are right, but the model was called {calls} times for {len(TEXTS)} texts, with at most {largest} "
        "at once. Five calls are enough: let Serve collect texts for up to half a second, and pass each batch to the "
        "model in one call.",
        f"标签正确，但 {len(TEXTS)} 条文本调用了 {calls} 次模型，每次最多 {largest} 条。五次就够了："
        "让 Serve 最多等半秒，把文本攒成一批，再一起交给模型。",
    )


def test_transformers_predict(answer, watch):
    compare_served(answer, watch)
