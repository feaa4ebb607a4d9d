"""Checks of the exercises on actors."""

from collections import Counter

from exercises.checks.predictions import compare
from exercises.checks.verdicts import SlowError
from tools.language import say

PAGES = ["one fish two fish " * 20, "red fish blue fish " * 20, "one red two blue " * 20, "fish " * 80]


def test_O2_one_tally(answer, watch):
    with watch() as run:
        result = answer.count_words(PAGES)
    wanted = dict(Counter(" ".join(PAGES).split()))
    assert isinstance(result, dict), say(
        f"count_words() returned {result!r}, not a dict. Fetch the counts with ray.get().",
        f"count_words() 返回了 {result!r}，不是字典。请用 ray.get() 取回计数。",
    )
    assert result, say(
        "No words were counted. Either the tasks added to copies of the tally, or the counts were fetched before the "
        "words arrived.",
        "一个词都没有统计到。可能每个 task 都把词加到了计数器的拷贝里，也可能词还没加完就取了计数。",
    )
    counted, there = sum(result.values()), sum(wanted.values())
    assert result == wanted, say(
        f"{counted} words were counted, but the pages have {there}. All tasks must add to the same tally, count each "
        "word in a single call, and wait for that call.",
        f"统计到 {counted} 个词，而这些页共有 {there} 个。所有 task 都要加到同一个计数器里，"
        "每个词只用一次方法调用，并等它完成。",
    )
    calls = len(run.calls("read"))
    assert calls == len(PAGES), say(
        f"There were {len(PAGES)} pages, but the number of read() tasks was {calls}. Start one task per page.",
        f"共有 {len(PAGES)} 页，而 read() 的 task 有 {calls} 个。请为每页启动一个 task。",
    )
    tallies = run.actors("Tally")
    assert len(tallies) == 1, say(
        f"The result is right, but the number of Tally actors was {len(tallies)}. Use exactly one.",
        f"结果正确，但 Tally actor 有 {len(tallies)} 个，应该只有一个。",
    )


def test_O2_overlap(answer, watch):
    titles = list("abcdef")
    with watch() as run:
        books, most = answer.order_all(titles)
    wanted = [f"The book of {title}" for title in titles]
    assert books == wanted, say(
        f"order_all() returned the books {books!r}. It should return {wanted!r}.",
        f"order_all() 返回的书是 {books!r}，应该是 {wanted!r}。",
    )
    processes = len(run.processes("order"))
    assert processes == 1, say(
        f"{processes} processes ordered the books. One actor is enough, because it only waits.",
        f"订这些书用了 {processes} 个进程。一个 actor 就够了，因为它只是在等待。",
    )
    if most < 3:
        raise SlowError(
            say(
                f"The books are right, but at most {most} were on their way at the same time. All six can be.",
                f"返回的书正确，但同时在途的最多只有 {most} 本。六本可以同时在途。",
            )
        )


def test_O2_predict(answer, watch):
    with watch():
        compare(answer)
