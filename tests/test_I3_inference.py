"""The classifier and the stand-in, without Ray: fixed batches, the numbers of plain PyTorch, PopTorch's rules."""

import numpy as np
import pytest
import ray
import torch
from PIL import Image
from ray.exceptions import RayTaskError

import I3_inference
import serve_torchvision
from devices import Device, IPUError, Lease, describe
from tools.lessons import ROOT

PHOTOS = [ROOT / "imgs" / name for name in ("espresso.jpg", "cat.jpg")]


@pytest.fixture(scope="module")
def ipu():
    """Pretend four IPUs, and return the modules that compute with them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPU_PRETEND", "4")
        import backend
        import classifier
        import standin

        yield backend, classifier, standin


@pytest.fixture(scope="module")
def images(ipu):
    """Return nine images, two of them photos, as the model takes them."""
    _, classifier, _ = ipu
    photos = [classifier.pixels(Image.open(path)) for path in PHOTOS]
    noise = np.random.default_rng(seed=0).uniform(-1, 1, (7, *photos[0].shape)).astype(np.float32)
    return np.concatenate([photos, noise])


@pytest.fixture(scope="module")
def expected(ipu, images):
    """Return the probabilities that plain PyTorch computes for them."""
    with torch.inference_mode():
        return ipu[1].load_model()(torch.from_numpy(images)).softmax(dim=1)


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.stem)
def test_pixels_are_those_that_serve_torchvision_computes(ipu, path):
    _, preprocess, _ = serve_torchvision.load_model(serve_torchvision.LITE)
    picture = Image.open(path)
    assert np.allclose(ipu[1].pixels(picture), preprocess(picture.convert("RGB")).numpy(), atol=1e-6)


@pytest.mark.parametrize(("ipus", "batch"), [((0,), 4), ((2, 3), 8)])
def test_any_number_of_images_is_padded_and_gets_the_numbers_of_plain_pytorch(ipu, images, expected, ipus, batch):
    model = ipu[1].Classifier(Device(5, ipus))
    for number in (0, 1, 3, 4, 5, 8, 9):
        before = model.calls
        found = torch.from_numpy(model.predict(images[:number]))
        assert found.shape == (number, 1000)
        assert torch.allclose(found, expected[:number], atol=1e-5)
        assert model.calls - before == -(-number // batch)


def test_device_is_attached_when_it_is_compiled_and_detached_by_close(ipu, images):
    model = ipu[1].Classifier(Device(0, (0,)))
    assert model.executor.isAttachedToDevice()
    model.close()
    assert not model.executor.isAttachedToDevice()
    assert not model.executor.isCompiled()


@pytest.mark.parametrize("shape", [(1, 3, 100, 224), (3, 224, 224), (2, 224, 224, 3)])
def test_wrong_shape_is_refused_before_the_device_sees_it(ipu, shape):
    model = ipu[1].Classifier(Device(0, (0,)))
    with pytest.raises(ValueError, match="images have the shape"):
        model.predict(np.zeros(shape, np.float32))
    assert model.calls == 0


def test_error_of_the_device_is_plain_data(ipu, images):
    _, classifier, standin = ipu
    model = classifier.Classifier(Device(0, (0,)))
    standin.fail_next(standin.RecoverableError, "a link is down", recovery_action="LINK_RESET")
    with pytest.raises(IPUError) as failed:
        model.predict(images[:1])
    assert failed.value.details == {
        "error": "RecoverableError",
        "message": "a link is down",
        "location": "stand-in",
        "recovery_action": "LINK_RESET",
    }
    assert str(failed.value).endswith("An operator has to do: LINK_RESET.")
    assert len(model.predict(images[:1])) == 1, "the stand-in fails once"


@pytest.mark.parametrize("kind", ["Error", "RecoverableError", "UnrecoverableError"])
def test_error_through_ray_loses_nothing(ray_here, kind):
    @ray.remote(num_cpus=0)
    def fail(converted):
        import backend
        import standin

        action = {"recovery_action": "IPU_RESET"} if kind == "RecoverableError" else {}
        standin.fail_next(getattr(standin, kind), "Failed to acquire 1 IPU", **action)
        model = standin.inferenceModel(torch.nn.Identity())
        if not converted:
            return model(torch.zeros(1))
        with backend.plain_errors():
            return model(torch.zeros(1))

    with pytest.raises(RayTaskError) as lost:
        ray.get(fail.remote(converted=False))
    # PopTorch keeps these on the type, and the type of another process has none, or those of an error of its own.
    assert getattr(lost.value.cause, "message", None) != "Failed to acquire 1 IPU"
    with pytest.raises(IPUError) as kept:
        ray.get(fail.remote(converted=True))
    details = kept.value.cause.details
    assert (details["error"], details["message"]) == (kind, "Failed to acquire 1 IPU")
    assert details["recovery_action"] == ("IPU_RESET" if kind == "RecoverableError" else None)


def test_error_without_recovery_says_so():
    assert describe(ValueError("nothing"))["recovery_action"] is None


def test_options_given_to_a_model_cannot_be_changed(ipu):
    poptorch = ipu[2]
    options = poptorch.Options()
    poptorch.inferenceModel(torch.nn.Identity(), options)
    with pytest.raises(AttributeError, match="frozen"):
        options.deviceIterations(2)
    assert options.clone().deviceIterations(2)


def test_stand_in_wants_what_poptorch_wants(ipu):
    poptorch = ipu[2]
    model = poptorch.inferenceModel(torch.nn.Identity(), poptorch.Options().deviceIterations(2).replicationFactor(2))
    with pytest.raises(AssertionError, match="6 rows cannot be divided into 4"):
        model.compile(torch.zeros(6))
    with pytest.raises(poptorch.Error, match="has not been compiled"):
        model.detachFromDevice()
    assert torch.equal(model(torch.arange(8.0)), torch.arange(8.0))
    with pytest.raises(poptorch.Error, match="compiled for inputs of the shapes"):
        model(torch.zeros(4))
    model.compile(torch.zeros(4))
    assert torch.equal(model(torch.arange(8.0)), torch.arange(8.0)), "it was compiled already"
    model.detachFromDevice()
    with pytest.raises(poptorch.Error, match="Device is not attached"):
        model.detachFromDevice()
    offline = poptorch.Options().connectionType(poptorch.ConnectionType.Never)
    with pytest.raises(AssertionError):
        poptorch.inferenceModel(torch.nn.Identity(), offline)(torch.zeros(1))


def test_assertions_of_poptorch_are_plain_data_too(ipu):
    backend, _, _ = ipu
    with pytest.raises(IPUError, match="AssertionError: no"), backend.plain_errors():
        raise AssertionError("no")


def test_actor_gives_its_device_back_while_it_lives(ray_here):
    model = I3_inference.Model.remote()
    _, ipus, _ = ray.get(model.about.remote())
    ray.get(model.close.remote())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPU_PRETEND", "4")
        patch.setenv("IPU_LEASES", str(ray_here.folder / "leases"))
        with Lease(4, patience=1) as device:
            assert set(ipus) <= set(device.ipus)
    ray.kill(model)
