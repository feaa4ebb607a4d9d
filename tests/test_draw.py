"""The pictures of the pages are those that tools/draw.py draws, and each is shown and listed."""

from tests.support.pages import README
from tools import draw
from tools.lessons import ROOT


def test_pictures_are_those_that_the_script_draws(tmp_path, monkeypatch):
    monkeypatch.setattr(draw, "IMAGES", tmp_path)
    for picture in draw.PICTURES:
        picture().save()
    drawn = {path.name: path.read_text() for path in tmp_path.glob("*.svg")}
    assert drawn == {path.name: path.read_text() for path in (ROOT / "imgs").glob("*.svg")}
    pictures = {path.name for path in (ROOT / "imgs").iterdir() if path.suffix in (".svg", ".png")}
    assert {name for name in pictures if f"](imgs/{name})" in README} == pictures
    assert {name for name in pictures if name in (ROOT / "imgs/README.md").read_text()} == pictures
