"""Photos of this repository, and what they show."""

from tools.lessons import ROOT

CLASSES = {"espresso.jpg": 967, "cat.jpg": 285}  # ImageNet's espresso and Egyptian cat
PATHS = [ROOT / "imgs" / name for name in CLASSES]
