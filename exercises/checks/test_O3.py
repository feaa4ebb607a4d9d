"""Checks of the exercises on datasets."""

import ray.data

from exercises.checks.predictions import compare
from tools.language import say


def test_O3_whole_batches(answer, watch):
    degrees = [float(n) for n in range(1000)]
    with watch():
        rows = answer.convert(
            ray.data.from_items([{"fahrenheit": f} for f in degrees], override_num_blocks=4)
        ).take_all()
    found = sorted((row["fahrenheit"], round(row["celsius"], 6)) for row in rows)
    assert found == [(f, round((f - 32) / 1.8, 6)) for f in degrees], say(
        f"The rows are wrong. The first three are {rows[:3]}.", f"各行的值不对。前三行是 {rows[:3]}。"
    )
    calls = len({row["call"] for row in rows})
    assert calls <= 20, say(
        f"The result is right, but to_celsius() was called {calls} times for {len(rows)} rows. Let Ray Data pass it "
        "whole batches, in at most 20 calls.",
        f"结果正确，但 {len(rows)} 行调用了 {calls} 次 to_celsius()。请让 Ray Data 按批调用它，总共不超过 20 次。",
    )


def test_O3_load_once(answer, watch):
    with watch():
        rows = answer.classify_all(ray.data.range(800, override_num_blocks=4)).take_all()
    found = sorted((row["id"], row["odd"]) for row in rows)
    assert found == [(n, n % 2) for n in range(800)], say(
        f"The rows are wrong. The first three are {rows[:3]}.", f"各行的值不对。前三行是 {rows[:3]}。"
    )
    models = len({row["model"] for row in rows})
    assert models <= 2, say(
        f"The result is right, but the model was loaded {models} times for sixteen batches. Two actors need to load it "
        "only once each.",
        f"结果正确，但十六批数据加载了 {models} 次模型。两个 actor 各加载一次即可。",
    )


def test_O3_predict(answer, watch):
    with watch():
        compare(answer)
