"""Draws the results as bar charts, in the style of the other pictures."""

from tools.compare.markdown import short
from tools.compare.words import title, word
from tools.draw import IMAGES, Drawing

WIDTH, LEFT, BAR, GAP = 380, 140, 16, 22  # pixels: chart, labels, bar, bar to bar
FOLDERS = {"en": IMAGES, "zh": IMAGES / "zh"}


def chart(picture, x, y, name, spreads, language):
    """Draw the bars of one case with the top left corner at (x, y), with a line from its lowest to highest value."""
    picture.text(x + WIDTH / 2, y + 14, name)
    scale = (WIDTH - LEFT - 60) / max(spread.high for spread in spreads.values())
    for row, (tool, spread) in enumerate(spreads.items()):
        top = y + 26 + row * GAP
        low, middle, high = (value * scale for value in (spread.low, spread.median, spread.high))
        picture.text(x + LEFT - 8, top + 13, word(tool, language), "small right")
        picture.bar(x + LEFT, top, middle, BAR, "work" if "ray" in tool else "store", x + LEFT + low, x + LEFT + high)
        picture.text(x + LEFT + high + 6, top + 13, short(spread.median), "small left")


def draw(part, cases, results, language, unit="seconds"):
    """Return the picture of a part as a dict from its path to its SVG text."""
    height = 40 + GAP * len(results.tools)
    heading = word(f"title_{unit}", language)
    picture = Drawing(f"compare-{part}", heading, 30 + height * -(-len(cases) // 2))
    picture.text(380, 20, heading)
    for number, (question, case) in enumerate(cases):
        spreads = {tool: results.spread(question, case, tool, unit) for tool in results.tools}
        spreads = {tool: spread for tool, spread in spreads.items() if spread}
        name = title(question, case, language)
        chart(picture, number % 2 * WIDTH, 30 + number // 2 * height, name, spreads, language)
    return {FOLDERS[language] / f"{picture.name}.svg": picture.svg()}
