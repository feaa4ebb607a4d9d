"""Draws imgs/tour.svg: a terminal in which the tour has shown lesson O1, in colours that follow the reader's theme.

python -m tools.terminal    runs the lesson and writes the picture
"""

import io
import re

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tools import tour
from tools.draw import IMAGES
from tools.lessons import LESSONS

# Background, text, then the terminal's eight colours, of which the tour uses green and cyan. They are GitHub's.
LIGHT = TerminalTheme(
    (246, 248, 250),
    (31, 35, 40),
    [
        (31, 35, 40),
        (207, 34, 46),
        (17, 99, 41),
        (77, 45, 0),
        (9, 105, 218),
        (130, 80, 223),
        (27, 124, 131),
        (87, 96, 106),
    ],
)
DARK = TerminalTheme(
    (22, 27, 34),
    (230, 237, 243),
    [
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (88, 166, 255),
        (188, 140, 255),
        (57, 197, 207),
        (177, 186, 196),
    ],
)
SVG = """<svg xmlns="http://www.w3.org/2000/svg" class="rich-terminal" viewBox="0 0 {width} {height}" role="img">
<title>Lesson O1 in a terminal, as make tour tells it</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: {char_height}px }}
{styles}</style>
<rect class="background" width="{width}" height="{height}" rx="8"/>
<g transform="translate(16, 16)"><g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""
WIDTH = 100  # columns of the terminal that is shown
OUTPUTS = 4  # lines of output that it shows, with the steps that print them


def picture(console):
    """Return what the console has printed as SVG: the light colours, and the dark ones for dark mode."""

    def drawn(theme):
        text = console.export_svg(theme=theme, code_format=SVG, unique_id="tour", clear=False)
        background = f".background {{ fill: {theme.background_color.hex} }}\n"
        return text.replace("<style>\n", f"<style>\n{background}")

    light, dark = drawn(LIGHT), drawn(DARK)
    [colours] = re.findall(r"<style>\n(.*?)</style>", dark, re.DOTALL)
    return light.replace("</style>", f"@media (prefers-color-scheme: dark) {{\n{colours}}}\n</style>")


def main():
    """Narrate lesson O1, and draw the first lines."""
    screen, shown = (
        Console(width=width, height=25, record=True, file=io.StringIO(), force_terminal=True, highlight=False)
        for width in (WIDTH - 4, WIDTH)
    )
    tour.show_heading(0, screen)
    tour.run(LESSONS[0], screen)
    lines = [Text.from_ansi(line) for line in screen.export_text(styles=True).splitlines()]
    outputs = [place for place, line in enumerate(lines) if line.plain.startswith("    ")]
    for line in lines[1 : outputs[OUTPUTS - 1] + 1]:
        shown.print(line, no_wrap=True, overflow="crop")
    (IMAGES / "tour.svg").write_text(picture(shown), encoding="utf-8")


if __name__ == "__main__":
    main()
