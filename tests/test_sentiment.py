"""sentiment/: the model treats every text alike, any model can take its place, and the head does what its page says."""

import itertools
import json
import re
from collections import Counter

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, RobertaConfig, pipeline

from sentiment import evaluate, model, train
from sentiment.evaluate import accuracy, count_words, rows_of
from sentiment.train import sentences
from tests.support.tiny_model import write_tiny_model

pytestmark = pytest.mark.thorough

LONG = "word " * 2000
PARTS = "train", "choose", "held-out", "first held-out"
PAGE = model.HEAD.with_name("README.md").read_text(encoding="utf-8")
[SHOWN] = re.findall(r"^```text output=sentiment.evaluate\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
# The three tables: the numbers in each row, by its name.
ACCURACY, SCORES, NEITHER = (
    {
        name.strip(): [*map(float, cells.split())]
        for name, cells in re.findall(r"^(.{30}) ([\d. ]+)$", part, re.MULTILINE)
    }
    for part in SHOWN.split("\n\n")
)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Compute in one thread: beside another process on two cores, two threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def ours():
    """Return our model, outside Serve."""
    return model.SentimentModel()


def test_in_a_batch_every_text_gets_what_it_gets_alone(ours):
    texts = ["Lovely.", LONG + "lovely", "It rained all day and the tent leaked.", "So-so", "Great! " * 30]
    together = ours.classify(texts)
    for text, one in zip(texts, together):
        [alone] = ours.classify([text])
        assert one == alone | {"score": pytest.approx(alone["score"], abs=1e-4)}


def test_scores_are_those_of_the_pipeline_of_transformers(ours):
    texts = ["The soup was cold.", "We danced all night."]
    assert [(one["label"], pytest.approx(one["score"], abs=1e-4)) for one in ours.classify(texts)] == [
        (one["label"], one["score"]) for one in ours.pipeline(texts)
    ]


def test_short_texts_are_not_padded_to_the_length_of_a_long_one(ours):
    shapes = []

    def note(model, args, inputs):
        shapes.append(inputs["input_ids"].shape)

    hook = ours.pipeline.model.register_forward_pre_hook(note, with_kwargs=True)
    ours.classify(["Nice.", LONG, "Good.", "Fine."])
    hook.remove()
    assert [(rows, columns < 10) for rows, columns in shapes] == [(3, True), (1, False)]


@pytest.fixture
def tiny(tmp_path):
    """Return the folder of a tiny model of three classes."""
    write_tiny_model(tmp_path)
    return str(tmp_path)


def test_another_model_is_served_with_its_own_labels_and_length(tiny):
    texts = ["good bad", "bad " * 40, "bad"]
    found = model.SentimentModel(tiny).classify(texts)
    wanted = pipeline("sentiment-analysis", model=tiny)(texts, truncation=True)
    assert [one["label"] for one in found] == [one["label"] for one in wanted]
    assert [one["score"] for one in found] == pytest.approx([one["score"] for one in wanted], abs=1e-4)
    assert [one["cut"] for one in found] == [False, True, False]
    assert {one["label"] for one in found} <= {"bad", "so-so", "good"}


def test_a_long_text_is_cut_where_positions_are_counted_from_the_padding(ours, tmp_path):
    # RoBERTa's way: of 18 positions, 16 are for tokens.
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    tokenizer = ours.pipeline.tokenizer
    config = RobertaConfig(vocab_size=tokenizer.vocab_size, max_position_embeddings=18, pad_token_id=1, **sizes)
    tokenizer.save_pretrained(tmp_path)
    described = json.loads((tmp_path / "tokenizer_config.json").read_text())
    described |= {"model_max_length": 10**30, "pad_token": "[unused0]"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(described))
    AutoModelForSequenceClassification.from_config(config).save_pretrained(tmp_path)
    other = model.SentimentModel(str(tmp_path))
    assert model.longest(other.pipeline) == 16
    assert [one["cut"] for one in other.classify([LONG, "good"])] == [True, False]


WEIGHT, BIAS = {"classifier.weight": torch.zeros(2, 384)}, {"classifier.bias": torch.zeros(2)}


@pytest.mark.parametrize(
    "weights", [WEIGHT, WEIGHT | BIAS | {"elsewhere": torch.zeros(1)}], ids=["no bias", "a strange name"]
)
def test_a_head_of_another_model_is_refused(weights, tmp_path):
    save_file(weights, tmp_path / "head")
    with pytest.raises(ValueError, match="no head of this model"):
        model.SentimentModel(head=tmp_path / "head")


def test_parts_are_as_large_as_the_page_says_and_half_positive():
    for part in PARTS:
        rows = sentences(part)
        labels = Counter(row["label"] for row in rows)
        assert labels["POSITIVE"] == labels["NEGATIVE"]
        assert f"`{part}` ({len(rows):,})" in PAGE


def test_no_text_is_there_twice():
    texts = [row["text"] for part in PARTS for row in sentences(part)]
    assert len(set(texts)) == len(texts)


def test_kinds_are_in_the_parts_that_the_page_says():
    kinds = {
        part: {row["kind"] for row in sentences(part)} for part in ("train", "choose", "held-out", "first held-out")
    }
    known = kinds["train"] | kinds["choose"]
    assert kinds["held-out"] - known == set(evaluate.UNSEEN)
    assert kinds["first held-out"] & known == set()


def test_few_sentences_name_the_feeling():
    strong = {word for word, rating in train.ratings().items() if abs(rating) >= 2}
    for part in "train", "held-out":
        rows = rows_of(part)
        naming = [row for row in rows if strong.intersection(re.findall(r"[a-z']+", row["text"].lower()))]
        assert len(naming) < len(rows) / 4


@pytest.mark.timeout(400)
def test_no_sentence_has_a_twin_in_another_part():
    pipeline = model.load_pipeline(head=None)
    near = {}
    with torch.inference_mode():
        for part in PARTS:
            texts = sorted((row["text"] for row in sentences(part)), key=len)
            vectors = []
            for start in range(0, len(texts), 64):
                inputs = pipeline.tokenizer(texts[start : start + 64], padding=True, return_tensors="pt")
                vectors.append(pipeline.model.bert(**inputs).pooler_output)
            near[part] = torch.nn.functional.normalize(torch.cat(vectors), dim=1)
    for one, other in itertools.combinations(near, 2):
        if one != "held-out":  # both sets are for measuring only
            assert (near[one] @ near[other].T).max() < 0.76, (one, other)


def test_sentences_on_the_page_follow_from_its_table():
    _, first, ours, counted = ACCURACY["new set"]
    assert f"Our head gets {100 * ours:.0f} % of them right" in PAGE
    assert 0.5 < first < 0.6
    assert abs(counted - 0.5) < 0.02
    assert ACCURACY["new set: pets"][2] < ours - 0.05
    assert 0.85 <= ours < 0.87
    assert 0.78 <= ACCURACY["first set: five kinds"][2] < 0.8
    number, right = SCORES["0.9 to 1.0"]
    below = [SCORES[f"{low} to {high}"] for low, high in ((0.5, 0.6), (0.6, 0.7), (0.7, 0.8))]
    assert number / len(rows_of("held-out")) > 0.5
    assert f"{100 * right:.0f} % of these are right" in PAGE
    assert f"Below 0.8, {100 * sum(n * share for n, share in below) / sum(n for n, _ in below):.0f} % are right" in PAGE
    assert f"more than {NEITHER['new set'][1]:.2f}." in PAGE


@pytest.mark.timeout(300)
def test_training_learns(tmp_path, monkeypatch):
    easy = [row for row in sentences("train") if row["kind"] in ("short judgements", "praise and blame")]
    few = {"train": easy, "choose": sentences("choose")[:40]}
    monkeypatch.setattr(train, "sentences", few.get)
    torch.manual_seed(train.SEED)  # the untrained head is the one that training starts from
    before = evaluate.answers(few["train"], None)
    train.main(path=tmp_path / "head.safetensors", epochs=20)  # beyond the warm-up
    after = evaluate.answers(few["train"], tmp_path / "head.safetensors")
    right = [sum(one["label"] == row["label"] for one, row in zip(given, few["train"])) for given in (before, after)]
    assert right[1] > right[0] + 16


@pytest.mark.timeout(600)  # three thousand texts, beside another test
def test_the_page_shows_the_table_that_the_command_prints(capsys):
    evaluate.main()
    assert capsys.readouterr().out == SHOWN


def test_the_baseline_counts_words():
    rows = [{"label": "POSITIVE"}, {"label": "NEGATIVE"}, {"label": "POSITIVE"}, {"label": "NEGATIVE"}]
    labels = count_words(["A great, lovely day", "awful", "a table", "a great day"])
    assert labels == ["POSITIVE", "NEGATIVE", None, "POSITIVE"]
    assert accuracy(labels, rows) == 2.5 / 4


def test_the_head_is_as_large_as_the_page_says():
    size = model.HEAD.stat().st_size
    assert size < 1_000_000
    assert f"`head.safetensors`, {size / 1000:.0f} KB" in PAGE
    assert f"{sum(weights.numel() for weights in load_file(model.HEAD).values()):,} numbers" in PAGE
