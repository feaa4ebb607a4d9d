"""Checks of the exercises on the patterns in patterns/."""

import asyncio
import contextlib
import time
from collections import Counter, defaultdict

import ray

from exercises.checks.verdicts import SlowError
from tools.language import say

PATIENCE = 8  # seconds that one waits for a door which a wrong answer never opens


@ray.remote(num_cpus=0)
class Doors:
    """Doors for which others wait, so that a check decides what ends first."""

    def __init__(self):
        self.doors = defaultdict(asyncio.Event)

    async def open(self, door):
        """Open a door."""
        self.doors[door].set()

    async def when_open(self, *doors):
        """Return the first of these doors, once all are open, or after a while."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(self.doors[door].wait() for door in doors)), PATIENCE)
        return doors[0]


def test_patterns_as_they_finish(answer, watch):
    """A parcel is packed as soon as the one before it has been delivered."""
    order, delivered = [2, 0, 3, 1], []
    doors = Doors.remote()

    def deliver(parcel):
        delivered.append(parcel)
        if len(delivered) < len(order):
            ray.get(doors.open.remote(order[len(delivered)]))

    ray.get(doors.open.remote(order[0]))
    with watch():
        answer.deliver_all([doors.when_open.remote(parcel) for parcel in range(4)], deliver)
    assert sorted(delivered) == sorted(order), say(
        f"deliver() got the parcels {delivered}. It should get each of {sorted(order)} exactly once.",
        f"deliver() 收到的包裹是 {delivered}，而 {sorted(order)} 里的每一个都应该恰好收到一次。",
    )
    assert delivered == order, say(
        f"deliver() got all parcels, in the order {delivered}. If each is delivered as soon as it is packed, the "
        f"order is {order}. After each delivery, wait for whichever parcel is packed next.",
        f"deliver() 收到了全部包裹，顺序是 {delivered}。如果装好一个就送一个，顺序应该是 {order}。"
        "每送出一个，就等下一个装好的包裹，不管它是哪一个。",
    )


def test_patterns_backpressure(answer, watch):
    numbers, limit, examined = list(range(1, 9)), 3, []

    def examine(photo):
        time.sleep(0.1)
        examined.append(time.time() * 1000)
        return int(photo[0])

    with watch() as run:
        result = answer.examine_all(numbers, examine, limit)
    assert result == sum(numbers), say(
        f"examine_all() returned {result!r}. It should return {sum(numbers)}.",
        f"examine_all() 返回了 {result!r}，正确结果是 {sum(numbers)}。",
    )
    calls = run.calls("load")
    assert len(calls) == len(examined) == len(numbers), say(
        f"There were {len(numbers)} photos, but the number of load() tasks was {len(calls)}, and {len(examined)} "
        "photos were examined in this process. Load and examine each photo once.",
        f"共有 {len(numbers)} 张照片，而 load() 的 task 有 {len(calls)} 个，在这个进程里检查了 {len(examined)} 张。"
        "每张照片应该加载一次，检查一次。",
    )
    moments = [(task.creation_time_ms, 1) for task in calls] + [(moment - 10, -1) for moment in examined]
    unexamined = most = 0
    for _, change in sorted(moments):
        unexamined += change
        most = max(most, unexamined)
    assert most <= limit, say(
        f"The result is right, but up to {most} photos were loading or loaded at the same time. The limit was {limit}.",
        f"结果正确，但正在加载和已加载的照片同时多达 {most} 张，上限是 {limit} 张。",
    )
    run.expect_at_once("load")


def test_patterns_tree(answer, watch):
    numbers = [2**n for n in range(11)]
    with watch() as run:
        result = answer.add_up(numbers)
    assert isinstance(result, (tuple, list)), say(
        f"add_up() returned {result!r}. It should return the sum and the length of the longest chain.",
        f"add_up() 返回了 {result!r}，应该返回总和，以及最长一条链的长度。",
    )
    assert result[0] == sum(numbers), say(
        f"The sum is {result[0]}, but it should be {sum(numbers)}. Add each of the {len(numbers)} numbers once.",
        f"得到的总和是 {result[0]}，正确结果是 {sum(numbers)}。{len(numbers)} 个数，每个都要恰好加一次。",
    )
    calls = len(run.calls("add"))
    assert calls == len(numbers) - 1, say(
        f"The sum is right, but the number of add() tasks was {calls}. It takes {len(numbers) - 1} to add up "
        f"{len(numbers)} numbers.",
        f"总和正确，但 add() 的 task 有 {calls} 个。{len(numbers)} 个数相加只需要 {len(numbers) - 1} 个。",
    )
    if result[1] > 4:
        raise SlowError(
            say(
                f"The sum is right, but the longest chain has {result[1]} additions, and each waits for the one before "
                "it. In a tree, the longest chain has four.",
                f"总和正确，但最长的一条链有 {result[1]} 次加法，每次都要等前一次算完。按树形相加，最长的链只有四次。",
            )
        )
    run.expect_at_once("add")


class Text:
    """The words of a text. Whoever reads them waits until others have read some other texts."""

    def __init__(self, doors, title, words, others=()):
        self.doors, self.title, self.words, self.others = doors, title, words, others

    def __len__(self):
        return len(self.words)

    def __iter__(self):
        if self.others:
            ray.get(self.doors.when_open.remote(*self.others))
        ray.get(self.doors.open.remote(self.title))
        return iter(self.words)


def test_patterns_actor_pool(answer, watch):
    """The first text takes until the four others are translated."""
    words = {"a": ["one", "two"], "b": ["two"], "c": ["three"], "d": ["one"], "e": ["three"]}
    doors = Doors.remote()
    texts = {title: Text(doors, title, words[title], "bcde" if title == "a" else "") for title in words}
    with watch() as run:
        result = answer.translate_all(texts)
    german = {"one": "eins", "two": "zwei", "three": "drei"}
    wanted = {title: [german[word] for word in words[title]] for title in words}
    assert result == wanted, say(
        f"translate_all() returned {result!r}. It should return {wanted}.",
        f"translate_all() 返回了 {result!r}，正确结果是 {wanted}。",
    )
    translators = len(run.actors("Translator"))
    assert translators == 2, say(
        f"The result is right, but the number of translators was {translators}, and each loaded the dictionary. Use "
        "two.",
        f"结果正确，但 Translator actor 有 {translators} 个，每个都加载了一遍词典。请只用两个。",
    )
    shares = sorted(Counter(task.worker_pid for task in run.calls("translate")).values())
    assert shares[-1] - shares[0] == 3, say(  # each may have translated something else first, to warm up
        f"The result is right, but the two translators translated {shares[0]} and {shares[-1]} texts. While one "
        "was busy with the long text, the other should have translated all four short ones.",
        f"结果正确，但两个翻译 actor 分别译了 {shares[0]} 篇和 {shares[-1]} 篇。一个在译长文时，"
        "另一个应该把四篇短文都译完。",
    )
