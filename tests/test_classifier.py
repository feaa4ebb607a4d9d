"""The classifier returns the numbers of plain PyTorch, whatever number of pictures comes."""

import pytest
import torch
from PIL import Image

from devices import Device
from tools.lessons import ROOT

CLASSES = {"espresso.jpg": 967, "cat.jpg": 285}  # ImageNet's espresso and Egyptian cat
PHOTOS = [Image.open(ROOT / "imgs" / name) for name in CLASSES]


@pytest.fixture(scope="module")
def classifier():
    """Return the module, on a machine that pretends to have IPUs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPU_PRETEND", "4")
        import classifier

        yield classifier


@pytest.mark.parametrize(("ipus", "batch"), [((0,), 4), ((2, 3), 8)])
def test_any_number_of_pictures_gets_the_numbers_of_plain_pytorch(classifier, ipus, batch):
    pixels = torch.stack([torch.from_numpy(classifier.pixels(photo)) for photo in PHOTOS])
    with torch.inference_mode():
        expected = classifier.load_model()(pixels).softmax(dim=1)
    assert expected.argmax(dim=1).tolist() == list(CLASSES.values())
    model = classifier.Classifier(Device(5, ipus))
    for number in (0, 1, 3, 4, 5, 8, 9):
        before = model.calls
        found = torch.from_numpy(model.predict([PHOTOS[index % 2] for index in range(number)]))
        assert found.shape == (number, 1000)
        assert torch.allclose(found, expected.repeat(5, 1)[:number], atol=1e-5)
        assert model.calls - before == -(-number // batch)


def test_portrait_grey_and_transparent_pictures_fit(classifier):
    for kind, size in ("L", (300, 900)), ("RGBA", (1000, 250)), ("P", (10, 10)):
        assert classifier.pixels(Image.new(kind, size)).shape == (3, 224, 224)


def test_closed_classifier_has_released_its_device(classifier):
    model = classifier.Classifier(Device(0, (0,)))
    model.close()
    assert model.executor._shapes is None
