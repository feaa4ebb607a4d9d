"""The dataset and the model of lesson O3, against pandas and scikit-learn."""

import csv
import re

import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score
from sklearn.neighbors import NearestCentroid

import O3_data as lesson
from tools.lessons import lesson_named


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


def test_printed_means_are_those_of_pandas(table):
    means = table.groupby("species")["petal_length"].mean().round(2)
    assert f"mean petal length: {list(means.items())}" in lesson_named("O3_data").expected


def test_first_block_arrives_before_the_last_is_made(first_run):
    [made] = re.findall(r"blocks made when the first arrived: (\d+) of 20", first_run(lesson_named("O3_data")).stdout)
    assert 1 <= int(made) < 20
