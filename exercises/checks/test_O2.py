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
    assert result, say(
        "No word was counted. Each task got a copy of the tally, and what a task adds to its copy is lost.",
        "一个词也没有数到。每个 task 拿到的都是 tally 的一份拷贝，加到拷贝里的内容都丢了。",
    )
    counted, there = sum(result.values()), sum(wanted.values())
    assert result == wanted, say(
        f"{counted} words were counted, and the pages have {there}. All tasks have to add to the same tally, in one "
        "call for each word.",
        f"数到了 {counted} 个词，而这些页共有 {there} 个。所有 task 都要加到同一个 tally 里，每个词只用一次调用。",
    )
    calls = len(run.calls("read"))
    assert calls == len(PAGES), say(
        f"Ray saw {calls} calls of read() for {len(PAGES)} pages. Keep one task for each page.",
        f"一共 {len(PAGES)} 页，Ray 却看到 {calls} 次 read() 调用。每页仍用一个 task。",
    )
    tallies = run.actors("Tally")
    assert len(tallies) == 1, say(
        f"The result is right, but there were {len(tallies)} actors with a tally. It takes one.",
        f"结果正确，但有 {len(tallies)} 个保存 tally 的 actor。应该只有一个。",
    )


def test_O2_overlap(answer, watch):
    titles = list("abcdef")
    with watch() as run:
        books, most = answer.order_all(titles)
    wanted = [f"The book of {title}" for title in titles]
    assert list(books) == wanted, say(
        f"The books are {books!r}, not {wanted!r}.", f"书是 {books!r}，而不是 {wanted!r}。"
    )
    processes = len(run.processes("order"))
    assert processes == 1, say(
        f"The books were ordered by {processes} processes. One actor is enough, since it only waits.",
        f"订书用了 {processes} 个进程。一个 actor 就够了，因为它只是在等待。",
    )
    if most < 3:
        raise SlowError(
            say(
                f"The books are right, but at most {most} was on its way at a time. All six can be.",
                f"书没错，但同一时间最多只有 {most} 本在路上。六本可以同时在路上。",
            )
        )


def test_O2_predict(answer, watch):
    with watch():
        compare(answer)
