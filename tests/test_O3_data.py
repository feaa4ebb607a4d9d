"""The dataset and the model of lesson O3, against pandas and scikit-learn."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score
from sklearn.neighbors import NearestCentroid

import O3_data as lesson
from tools import lessons


@pytest.fixture(scope="module")
def table():
    """Return the file of the lesson, read by pandas."""
    return pd.read_csv(lesson.IRIS)


def test_file_holds_the_published_figures(table):
    published = load_iris()
    assert table[lesson.FEATURES].to_numpy().tolist() == published.data.tolist()
    assert table["species"].tolist() == published.target_names[published.target].tolist()


def test_file_has_no_empty_line_and_no_odd_character():
    with lesson.IRIS.open(encoding="ascii", newline="") as file:
        assert {len(row) for row in csv.reader(file)} == {5}


def test_filter_keeps_what_pandas_keeps(table):
    batch = {name: table[name].to_numpy() for name in table}
    kept = pd.DataFrame(lesson.short_sepal_long_petal(batch))
    wanted = table.query("sepal_length < 5.5 and petal_length > 3.5")
    assert kept.to_numpy().tolist() == wanted.to_numpy().tolist()
    assert len(wanted) == 3


def test_model_agrees_with_scikit_learn(table):
    means = table.groupby("species")[lesson.FEATURES].mean()
    model = lesson.NearestCentroid({species: row.tolist() for species, row in means.iterrows()})
    scored = model({name: table[name].to_numpy() for name in table})
    independent = NearestCentroid().fit(table[lesson.FEATURES], table["species"]).predict(table[lesson.FEATURES])
    assert scored["predicted"].tolist() == independent.tolist()
    assert accuracy_score(table["species"], independent) == pytest.approx(139 / 150)


def test_printed_means_and_area_are_those_of_pandas(table):
    means = table.groupby("species")["petal_length"].mean().round(2)
    area = table["petal_length"] * table["petal_width"]
    printed = lessons.Lesson(Path(lesson.__file__)).expected
    assert f"mean petal length: {list(means.items())}" in printed
    assert f"petal area of the first flower: {area[0]:.2f}" in printed


def test_model_counts_its_batches(table):
    model = lesson.NearestCentroid({"setosa": [5, 3, 1, 0]})
    batch = {name: table[name].to_numpy()[:10] for name in table}
    assert [max(model(batch)["nth"]) for _ in range(3)] == [1, 2, 3]
    assert set(model(batch)["model"]) == {model.id}


def test_stamp_keeps_the_batch():
    stamped = lesson.stamp({"id": np.arange(3)})
    assert stamped["id"].tolist() == [0, 1, 2]
    assert len(set(stamped["made"])) == 1
