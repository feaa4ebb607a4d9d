"""sentiment/: the model treats every text alike, any model can take its place, and the head does what its page says."""

import json
import re

import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification, RobertaConfig, pipeline

from sentiment import evaluate, model, train
from sentiment.evaluate import accuracy, count_words, measure
from sentiment.train import sentences
from tests.support.tiny_model import write_tiny_model

pytestmark = pytest.mark.thorough

LONG = "word " * 2000


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


def test_a_head_of_another_model_is_refused(tmp_path):
    save_file({"classifier.weight": torch.zeros(2, 384), "elsewhere": torch.zeros(1)}, tmp_path / "head")
    with pytest.raises(ValueError, match="no head of this model"):
        model.SentimentModel(head=tmp_path / "head")


def test_no_sentence_is_in_two_parts_and_the_parts_share_no_kind():
    parts = {part: sentences(part) for part in ("train", "choose", "held-out")}
    assert {part: len(rows) for part, rows in parts.items()} == {"train": 890, "choose": 60, "held-out": 300}
    for key in "text", "kind":
        seen = [{re.sub(r"\W+", " ", row[key].lower()) for row in rows} for rows in parts.values()]
        assert sum(map(len, seen)) == len(set.union(*seen))
    for rows in parts.values():
        assert sum(row["label"] == "POSITIVE" for row in rows) * 2 == len(rows)


def test_the_head_beats_counting_words_on_sentences_that_it_has_never_seen():
    [(number, ours, counted)] = [row for kind, row in measure("held-out").items() if kind == "all"]
    assert number == 300
    assert ours > 0.77
    assert ours > counted + 0.1


def test_training_makes_such_a_head(tmp_path):
    train.main(path=tmp_path / "head.safetensors", epochs=1)
    [(_, ours, counted)] = [
        row for kind, row in measure("held-out", tmp_path / "head.safetensors").items() if kind == "all"
    ]
    assert ours > counted


def test_the_page_shows_the_table_that_the_command_prints(capsys):
    evaluate.main()
    page = model.HEAD.with_name("README.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"^```text output=sentiment.evaluate\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert capsys.readouterr().out == shown


def test_the_baseline_counts_words():
    rows = [{"label": "POSITIVE"}, {"label": "NEGATIVE"}, {"label": "POSITIVE"}, {"label": "NEGATIVE"}]
    labels = count_words(["A great, lovely day", "awful", "a table", "a great day"])
    assert labels == ["POSITIVE", "NEGATIVE", None, "POSITIVE"]
    assert accuracy(labels, rows) == 2.5 / 4


def test_the_head_is_small():
    assert model.HEAD.stat().st_size < 1_000_000
