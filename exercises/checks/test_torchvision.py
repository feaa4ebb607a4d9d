"""Checks of the exercises on a service that says why it refuses."""

import io
import struct
import zlib

import requests
from PIL import Image

from exercises.checks.serving import compare_served, served
from tools.language import say


def file_of(kind):
    """Return the bytes of a picture of 64 x 48 pixels."""
    file = io.BytesIO()
    Image.effect_noise((64, 48), 50).convert("RGB").save(file, kind)
    return file.getvalue()


def with_damaged_chunk(png):
    """Return a PNG that has, after its pixels, a chunk that is shorter than it should be."""
    chunk = b"pHYs" + b"ab"
    end = png.index(b"IEND") - 4
    return png[:end] + struct.pack(">I", 2) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[end:]


def bad_bodies():
    """Return bodies that are no good pictures: what they are in both languages, the bytes, the status, and a hint."""
    jpeg, png = file_of("JPEG"), file_of("PNG")
    too_long = say("A body of more than a million bytes is too long.", "请求体超过一百万字节就算过长。")
    unknown = say(
        "Such a body can be of any length, and should be refused before it is read.",
        "这样的请求体可能任意长，应该在读取之前就拒绝。",
    )
    no_picture = say(
        "Image.open() raises UnidentifiedImageError if the bytes are not a picture.",
        "不是图片时，Image.open() 抛出 UnidentifiedImageError。",
    )
    damaged = say(
        "load() raises an error, whose class depends on the damage.", "load() 会抛出异常，类别取决于哪里损坏。"
    )
    return [
        (say("A line of text", "一段文字"), b"a cup of coffee", 415, no_picture),
        (say("The first half of a JPEG", "半个 JPEG 文件"), jpeg[: len(jpeg) // 2], 400, damaged),
        (say("The first half of a PNG", "半个 PNG 文件"), png[: len(png) // 2], 400, damaged),
        (say("A PNG with a damaged chunk", "有一个数据块损坏的 PNG 文件"), with_damaged_chunk(png), 400, damaged),
        (
            say("A JPEG followed by a million zeros", "后面跟着一百万个零的 JPEG 文件"),
            jpeg + bytes(10**6),
            413,
            too_long,
        ),
        (say("Two million bytes of text", "两百万字节的文字"), b"coffee\n\n" * 250_000, 413, too_long),
        (say("A JPEG without a Content-Length", "没有 Content-Length 的 JPEG 文件"), iter([jpeg]), 413, unknown),
    ]


def test_torchvision_status(answer, watch):
    http = requests.Session()
    http.trust_env = False
    bad, good = bad_bodies(), [file_of("JPEG"), file_of("PNG")]
    with served(answer.app, watch) as url:
        before = [http.post(f"{url}/", data=body) for body in good]
        statuses = [http.post(f"{url}/", data=body).status_code for _, body, _, _ in bad]
        after = [http.post(f"{url}/", data=body) for body in good]
    for found in before + after:
        assert found.status_code == 200, say(
            f"A valid picture got status {found.status_code}. It should get 200.",
            f"一张完好的图片得到的状态码是 {found.status_code}，应该是 200。",
        )
        size = found.json().get("width"), found.json().get("height")
        assert size == (64, 48), say(
            f"The response to a picture of 64 x 48 pixels is {found.json()!r}. The size is wrong.",
            f"64 x 48 像素的图片得到的响应是 {found.json()!r}，尺寸不对。",
        )
    for (what, _, wanted, hint), status in zip(bad, statuses):
        assert status == wanted, say(
            f"{what} got status {status}, but should get {wanted}. {hint}",
            f"发送{what}时，状态码是 {status}，应该是 {wanted}。{hint}",
        )
    processes = {found.json().get("process") for found in before + after}
    assert len(processes) == 1, say(
        "The statuses are right, but the replica did not survive: another process answered the later requests.",
        "状态码正确，但副本没能存活：后面的请求是由另一个进程处理的。",
    )


def test_torchvision_predict(answer, watch):
    compare_served(answer, watch)
