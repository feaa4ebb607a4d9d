"""The classifier returns the numbers of plain PyTorch, whatever number of pictures comes."""

import pytest
import torch
from PIL import Image

import I4_serve
from devices import Device
from tests.support.pictures import CLASSES, PATHS

PHOTOS = [Image.open(path) for path in PATHS]


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


def test_portrait_grey_transparent_and_thin_pictures_fit(classifier):
    for kind, size in ("L", (300, 900)), ("RGBA", (1000, 250)), ("P", (10, 10)), ("RGB", (1, 60_000)):
        assert classifier.pixels(Image.new(kind, size)).shape == (3, 224, 224)


def test_closed_classifier_has_released_what_was_compiled(classifier):
    model = classifier.Classifier(Device(0, (0,)))
    one = torch.zeros(1, 3, 224, 224)
    with pytest.raises(classifier.poptorch.Error):
        model.executor(one)
    model.close()
    assert model.executor(one).shape == (1, 1000)


def test_served_batch_is_the_classifiers(classifier):
    assert I4_serve.BATCH == classifier.BATCH
