"""A model of transformers that is small enough for a test."""

import torch
from transformers import AutoModelForSequenceClassification, BertConfig, BertTokenizerFast


def write_tiny_model(folder):
    """Write a tiny untrained model for texts, of the classes bad, so-so and good, into a folder."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad"]
    (folder / "vocab.txt").write_text("\n".join(words))
    BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=16).save_pretrained(folder)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    names = {0: "bad", 1: "so-so", 2: "good"}
    torch.manual_seed(0)
    config = BertConfig(vocab_size=len(words), max_position_embeddings=16, id2label=names, **sizes)
    AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
