"""What the image model answers to pictures of every kind, and to what is none."""

import io
import struct
import zlib

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image, ImageOps

import serve_torchvision as lesson
from tests.support.places import NO_NETWORK, run
from tests.support.served import PHOTO, SESSION, replicas
from tools.lessons import lesson_named

pytestmark = pytest.mark.thorough

ESPRESSO = Image.open(io.BytesIO(PHOTO))
CAT = Image.open(lesson.PHOTO.with_name("cat.jpg"))


def file_of(picture, kind, **options):
    """Return the bytes of a picture as a file of this kind."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def rotated():
    """Return a JPEG that lies on its side, with the note in its header that it does."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by 90 degrees to see it upright
    return file_of(ESPRESSO.rotate(90, expand=True), "JPEG", quality=95, exif=exif)


def transparent():
    """Return a PNG whose transparent pixels hide noise."""
    noise = np.random.default_rng(0).integers(0, 255, (800, 1200, 4), dtype=np.uint8)
    noise[..., 3] = 0
    noise[200:600, 300:900, :3] = ESPRESSO
    noise[200:600, 300:900, 3] = 255
    return file_of(Image.fromarray(noise), "PNG")


def sixteen_bits():
    """Return a grey PNG with 16 bits a pixel."""
    return file_of(Image.fromarray(np.asarray(ESPRESSO.convert("L"), dtype=np.uint16) * 257), "PNG")


def chunk(kind, data):
    """Return a piece of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def palette_with_too_much_transparency():
    """Return a PNG whose table of transparencies is longer than its palette can be."""
    picture = file_of(Image.new("P", (40, 40)), "PNG")
    before = picture.index(b"IDAT") - 4
    return picture[:before] + chunk(b"tRNS", bytes(300)) + picture[before:]


def png_of(width, height):
    """Return a PNG that declares a size and has no pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


PICTURES = {
    "jpeg": lambda: PHOTO,
    "png": lambda: file_of(ESPRESSO, "PNG"),
    "webp": lambda: file_of(ESPRESSO, "WEBP"),
    "bmp": lambda: file_of(ESPRESSO, "BMP"),
    "tiff": lambda: file_of(ESPRESSO, "TIFF"),
    "grey": lambda: file_of(ESPRESSO.convert("L"), "JPEG"),
    "grey and alpha": lambda: file_of(ESPRESSO.convert("LA"), "PNG"),
    "palette": lambda: file_of(ESPRESSO.quantize(128), "PNG"),
    "rgba": transparent,
    "cmyk": lambda: file_of(ESPRESSO.convert("CMYK"), "JPEG"),
    "animated gif": lambda: file_of(ESPRESSO, "GIF", save_all=True, append_images=[CAT.resize(ESPRESSO.size)]),
    "rotated": rotated,
    "large": lambda: file_of(ESPRESSO.resize((6000, 4000)), "JPEG"),
}
REFUSED = {
    "nothing": (b"", 415, "not an image"),
    "text": (b"a cup of coffee", 415, "not an image"),
    "a script": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 415, "not an image"),
    "vector": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "not an image"),
    "half a jpeg": (PHOTO[: len(PHOTO) // 2], 400, "truncated"),
    "half a png": (file_of(ESPRESSO, "PNG")[:10_000], 400, "truncated"),
    "the head of a jpeg": (PHOTO[:20], 415, "not an image"),
    "0 x 0": (png_of(0, 0), 415, "not an image"),
    "no pixels": (png_of(80, 80), 400, "truncated"),
    "bomb": (png_of(100_000, 100_000), 400, "pixels"),
    "smaller bomb": (png_of(8000, 8000), 400, "8000 x 8000"),
    "wrong palette": (palette_with_too_much_transparency(), 400, "cannot be used"),
    "line": (file_of(Image.new("RGB", (3000, 1)), "PNG"), 400, "3000 x 1 pixels"),
    "16 bits": (sixteen_bits(), 400, "more than 8 bits"),
    "16 bits, tiff": (file_of(Image.open(io.BytesIO(sixteen_bits())), "TIFF"), 400, "more than 8 bits"),
    "floating point": (file_of(Image.new("F", (300, 300)), "TIFF"), 400, "more than 8 bits"),
    "too many bytes": (PHOTO + bytes(lesson.MAX_BYTES), 413, "bytes"),
    "a body of no length": (iter([PHOTO]), 413, "Content-Length"),
}


def post(url, body):
    """Post a body, return the response."""
    return SESSION.post(url, data=body, timeout=60)


@pytest.mark.parametrize("kind", PICTURES)
def test_an_espresso_is_an_espresso_in_any_kind_of_file(kind, image_url):
    answer = post(image_url, PICTURES[kind]())
    assert answer.status_code == 200
    assert answer.json()[0]["label"] == "espresso"


def test_a_cat_is_a_cat(image_url):
    answer = post(image_url, lesson.PHOTO.with_name("cat.jpg").read_bytes()).json()
    assert {prediction["label"] for prediction in answer[:3]} == {"Egyptian cat", "tiger cat", "tabby"}


def test_probabilities_are_those_of_the_bare_model(image_url):
    predictions = post(image_url, PHOTO).json()
    model, _, names = lesson.load_model(lesson.LITE)
    # The same by other means: torchvision's functions on arrays, the plain memory format.
    pixels = torchvision.transforms.functional.to_tensor(ESPRESSO.resize((384, 256), Image.Resampling.BILINEAR))
    pixels = torchvision.transforms.functional.center_crop(pixels * 255, [224, 224])
    with torch.no_grad():
        wanted = model.to(memory_format=torch.contiguous_format)((pixels[None] - 127) / 128).softmax(1)[0]
    for prediction in predictions:
        assert prediction["probability"] == pytest.approx(float(wanted[names.index(prediction["label"])]), abs=0.02)
    assert [p["probability"] for p in predictions] == sorted((p["probability"] for p in predictions), reverse=True)
    assert len(predictions) == 5


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_good_image_is_refused_with_a_reason_and_the_replica_goes_on(kind, image_url, ray_here):
    before = replicas(ray_here, "ImageModel")
    body, status, reason = REFUSED[kind]
    answer = post(image_url, body)
    assert (answer.status_code, reason in answer.json()["detail"]) == (status, True), answer.text
    assert post(image_url, PHOTO).status_code == 200
    assert replicas(ray_here, "ImageModel") == before


def test_upright_is_what_the_header_says():
    assert ImageOps.exif_transpose(Image.open(io.BytesIO(rotated()))).size == ESPRESSO.size == (600, 400)
    assert np.abs(np.asarray(lesson.decode(rotated()), float) - np.asarray(ESPRESSO, float)).mean() < 3


def test_transparent_pixels_are_white():
    assert np.asarray(lesson.decode(transparent()))[:150].min() == 255  # it has been made smaller


def test_another_model_of_torchvision(tmp_path, monkeypatch):
    # Untrained weights at the place where torchvision keeps what it has downloaded.
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    url = torchvision.models.ResNet18_Weights.DEFAULT.url
    torch.save(torchvision.models.resnet18().state_dict(), folder / url.rpartition("/")[2])
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    model, preprocess, labels = lesson.load_model("resnet18")
    assert "espresso" in labels
    with torch.inference_mode():
        assert model(preprocess(lesson.decode(PHOTO))[None]).shape == (1, len(labels))


def test_a_model_that_cannot_be_downloaded_ends_the_script_with_the_reason(place, network_can_be_cut):
    if not network_can_be_cut:
        pytest.skip("this machine has no unshare, or does not allow it")
    result = run(lesson_named("serve_torchvision"), place, prefix=NO_NETWORK, MODEL="resnet18")
    assert result.returncode == 1
    assert "urlopen error" in result.stderr.splitlines()[-1]


def test_a_model_that_torchvision_does_not_have_is_named():
    with pytest.raises(ValueError, match="Unknown model no_such_model"):
        lesson.load_model("no_such_model")
