"""Draws the pictures of the README as SVG, in colours that follow the reader's light or dark theme.

python -m tools.draw    writes them into imgs/, and with Chinese words into imgs/zh/
"""

from html import escape
from pathlib import Path

from tools.labels import in_chinese

IMAGES = Path(__file__).parent.parent / "imgs"
STYLE = """
    text { fill: #1f2328; text-anchor: middle }
    .small { font-size: 13px; fill: #57606a }
    .left { text-anchor: start }
    .right { text-anchor: end }
    .on-data { font-size: 13px; fill: #032045 }
    .box { fill: #ffffff; stroke: #57606a; stroke-width: 1.5 }
    .frame { fill: none; stroke: #8c959f; stroke-width: 1.5; stroke-dasharray: 5 4 }
    .store { fill: #ddf4ff; stroke: #0969da; stroke-width: 1.5 }
    .data { fill: #54aeff; stroke: #0969da }
    .work { fill: #dafbe1; stroke: #1a7f37; stroke-width: 1.5 }
    .dead { fill: #ffebe9; stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 5 4 }
    .arrow { stroke: #57606a; stroke-width: 1.5; fill: none; marker-end: url(#head) }
    .spread { stroke: #57606a; stroke-width: 1.5 }
    .dashed { stroke-dasharray: 5 4 }
    .head { fill: #57606a }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .small { fill: #9da7b3 }
      .on-data { fill: #f0f6fc }
      .box { fill: #161b22; stroke: #8b949e }
      .frame { stroke: #6e7681 }
      .store { fill: #0c2d6b; stroke: #58a6ff }
      .data { fill: #1f6feb; stroke: #58a6ff }
      .work { fill: #0f3d1f; stroke: #3fb950 }
      .dead { fill: #4c1518; stroke: #f85149 }
      .arrow, .spread { stroke: #9da7b3 }
      .head { fill: #9da7b3 }
    }
"""
MARKER = (
    '<marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="head" d="M0 0 10 5 0 10z"/></marker>'
)


class Drawing:
    """A picture. Units are pixels, from the upper left corner."""

    def __init__(self, name, title, height, width=760):
        self.name, self.title, self.width, self.height = name, title, width, height
        self.parts = []

    def text(self, x, y, words, style=""):
        """Write words centred at x. Styles: small, left, right."""
        self.parts.append((f'<text x="{x}" y="{y}" class="{style}">', words, "</text>"))

    def box(self, x, y, width, height, *lines, kind="box"):
        """Draw a box with lines of text in its middle, the first in normal size. Kinds: the classes of STYLE."""
        corner = 0 if kind == "data" else 8
        self.parts.append((f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{corner}"/>',))
        top = y + height / 2 - 10 * (len(lines) - 1) + 5
        for number, words in enumerate(lines):
            style = "on-data" if kind == "data" else "small" if number else ""
            self.text(x + width / 2, top + 20 * number, words, style)

    def arrow(self, *points, style=""):
        """Draw a line along points (x, y) that ends in an arrow. Style: dashed."""
        path = " ".join(f"{x} {y}" for x, y in points)
        self.parts.append((f'<path class="arrow {style}" d="M{path}"/>',))

    def bar(self, x, y, width, height, kind, low, high):
        """Draw a bar with a line across its end, from low to high."""
        middle = y + height / 2
        bar = f'<rect class="{kind}" x="{x}" y="{y}" width="{width:.1f}" height="{height}"/>'
        self.parts.append((f'{bar}<path class="spread" d="M{low:.1f} {middle}H{high:.1f}"/>',))

    def labels(self):
        """Return the words in the picture."""
        return [words for _, words, *_ in (part for part in self.parts if len(part) > 1)]

    def svg(self, translate=str):
        """Return the picture as text, with its words translated by a function."""
        drawn = [part[0] if len(part) == 1 else part[0] + escape(translate(part[1])) + part[2] for part in self.parts]
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" role="img"'
            ' font-family="system-ui, sans-serif" font-size="15">',
            f"<title>{escape(self.title)}</title>" if translate is str else "",
            f"<style>{STYLE}</style>",
            f"<defs>{MARKER}</defs>",
            *drawn,
            "</svg>",
        ]
        return "\n".join(filter(None, lines)) + "\n"


def what_is_ray():
    """Show the layers."""
    picture = Drawing("what-is-ray", "Ray's layers: your program, libraries, tasks and actors and objects, nodes", 330)
    picture.box(20, 10, 720, 44, "your Python program, the driver")
    for x, words in (20, "Ray Data"), (204, "Ray Train"), (388, "Ray Tune"), (572, "Ray Serve"):
        picture.box(x, 74, 168, 44, words, kind="work")
    picture.box(20, 138, 720, 44, "Ray Core: tasks, actors, objects", kind="store")
    for x, words in (20, "head node"), (266, "worker node"), (512, "worker node"):
        picture.box(x, 202, 228, 118, kind="frame")
        picture.text(x + 114, 222, words, "small")
        for offset in 10, 82, 154:
            picture.box(x + offset, 232, 64, 34, kind="box")
            picture.text(x + offset + 32, 253, "worker", "small")
        picture.box(x + 10, 276, 208, 34, "object store", kind="store")
    return picture


def task_graph():
    """Show the tasks of lesson O1."""
    title = "O1: one matrix in the object store, four tasks that read it, a fifth that adds up"
    picture = Drawing("task-graph", title, 300)
    picture.box(10, 110, 130, 70, "driver", "your script")
    picture.box(215, 50, 150, 190, kind="store")
    picture.text(290, 38, "object store")
    for row, y in enumerate((70, 110, 150, 190)):
        picture.box(235, y, 110, 32, f"rows {row + 1}/4", kind="data")
        picture.box(440, y, 110, 32, "sum_rows", kind="work")
        picture.arrow((345, y + 16), (440, y + 16))
        picture.arrow((550, y + 16), (630, 146))
    picture.box(630, 122, 100, 48, "add_up", kind="work")
    picture.arrow((140, 145), (215, 145))
    picture.text(177, 136, "put", "small")
    picture.text(495, 252, "as many at once as there are CPUs", "small")
    picture.arrow((680, 170), (680, 286), (75, 286), (75, 180))
    picture.text(290, 278, "get: one number", "small")
    return picture


def zero_copy():
    """Show which processes read an object, and where it is copied."""
    title = "An array in the object store: read in place on its node, copied once to another"
    picture = Drawing("zero-copy", title, 300)
    for x, words in (10, "node 1"), (400, "node 2"):
        picture.box(x, 10, 350, 250, kind="frame")
        picture.text(x + 175, 30, words, "small")
        picture.box(x + 30, 150, 290, 90, kind="store")
        picture.text(x + 175, 232, "object store: shared memory", "small")
        picture.box(x + 105, 164, 140, 40, "array, read-only", kind="data")
    for x, words in (40, "driver"), (140, "worker"), (240, "worker"), (430, "worker"), (530, "worker"), (630, "worker"):
        picture.box(x, 50, 90, 40, words, kind="box" if words == "driver" else "work")
        middle = 185 if x < 400 else 575
        picture.arrow((x + 45, 90), (middle + (x + 45 - middle) / 3, 164))
    picture.text(75, 140, "no copy", "small")
    picture.text(685, 140, "no copy", "small")
    picture.arrow((255, 184), (505, 184))
    picture.text(380, 290, "read in place by the processes of a node, copied once to another node", "small")
    return picture


def actor_order():
    """Show how calls reach an actor."""
    picture = Drawing("actor-order", "Calls of two callers on one actor: each caller's in order, one at a time", 230)
    for y, words, letter in ((30, "driver", "A"), (130, "a task", "B")):
        picture.box(10, y, 120, 60, words, f"calls {letter}1, {letter}2, {letter}3")
        picture.arrow((130, y + 30), (230, 110))
    for number, call in enumerate(("B2", "A3", "A2", "B1")):
        picture.box(235 + 52 * number, 92, 46, 36, call, kind="data")
    picture.text(340, 80, "waiting: A2 before A3, B1 before B2", "small")
    picture.arrow((445, 110), (500, 110))
    picture.box(500, 40, 250, 140, kind="frame")
    picture.text(625, 60, "a process of its own", "small")
    picture.box(520, 76, 100, 68, "A1", "runs now", kind="work")
    picture.box(636, 76, 100, 68, "state", "value = 1", kind="store")
    picture.arrow((620, 110), (636, 110))
    picture.text(380, 214, "one call at a time, so the state needs no lock", "small")
    return picture


def streaming_dataset():
    """Show blocks on their way through a dataset."""
    title = "A dataset streams: while one block is used, the next is computed, a third is read"
    picture = Drawing("streaming-dataset", title, 250)
    for x, words in (190, "read"), (340, "map_batches"), (490, "use or write"):
        picture.text(x + 55, 30, words)
    for row in range(4):
        y = 50 + 44 * row
        picture.text(90, y + 22, f"block {row + 1}", "small")
        for step, x in enumerate((190, 340, 490)):
            done, now = row + step < 2, row + step == 2
            if now:
                picture.box(x, y, 110, 34, "now", kind="data")
            else:
                picture.box(x, y, 110, 34, kind="work" if done else "frame")
                picture.text(x + 55, y + 22, "done" if done else "", "small")
        picture.arrow((300, y + 17), (340, y + 17))
        picture.arrow((450, y + 17), (490, y + 17))
    picture.text(680, 72, "first results", "small")
    picture.text(680, 90, "come early", "small")
    picture.text(680, 204, "not yet read:", "small")
    picture.text(680, 222, "takes no memory", "small")
    return picture


def request_path():
    """Show what a request passes on its way through Serve."""
    title = "A request through Ray Serve: proxy, a replica of Garden, one of two of Classifier"
    picture = Drawing("request-path", title, 260)
    picture.box(10, 100, 100, 60, "client")
    picture.box(170, 100, 110, 60, "proxy", "HTTP", kind="store")
    picture.box(340, 100, 130, 60, "Garden", "1 replica", kind="work")
    picture.box(570, 50, 150, 50, "Classifier", "replica", kind="work")
    picture.box(570, 160, 150, 50, "Classifier", "replica", kind="work")
    picture.arrow((110, 122), (170, 122))
    picture.arrow((280, 122), (340, 122))
    picture.arrow((470, 118), (570, 80))
    picture.arrow((470, 142), (570, 180), style="dashed")
    picture.text(520, 70, "the less", "small")
    picture.text(520, 86, "busy one", "small")
    picture.arrow((340, 146), (280, 146))
    picture.arrow((170, 146), (110, 146))
    picture.box(340, 10, 130, 44, "controller")
    picture.arrow((405, 54), (405, 100), style="dashed")
    picture.arrow((470, 32), (645, 32), (645, 50), style="dashed")
    picture.text(215, 28, "starts replicas,", "small")
    picture.text(215, 46, "replaces dead ones", "small")
    picture.text(380, 244, "each box but the client is a process, on whichever node has room", "small")
    return picture


def get_after_the_loop():
    """Show what waiting in the loop costs."""
    title = "ray.get() in the loop: one task after the other. After the loop: side by side"
    picture = Drawing("get-after-the-loop", title, 260)
    picture.text(10, 30, "ray.get() in the loop", "left")
    for number in range(4):
        picture.box(10 + 180 * number, 44, 170, 30, f"task {number + 1}", kind="work")
    picture.text(10, 120, "ray.get() after the loop", "left")
    for number in range(4):
        picture.box(10, 134 + 28 * number, 170, 24, f"task {number + 1}", kind="work")
    picture.arrow((200, 194), (740, 194))
    picture.text(470, 184, "time saved", "small")
    return picture


def bundles():
    """Show where lesson O6 puts the bundles of a placement group."""
    title = "PACK puts both bundles of a placement group on one node, STRICT_SPREAD on two"
    picture = Drawing("bundles", title, 270)
    for x, strategy, taken in (20, "PACK", (0, 0)), (400, "STRICT_SPREAD", (0, 1)):
        picture.text(x + 108, 24, strategy)
        for node in range(2):
            picture.box(x + 112 * node, 40, 104, 220, kind="frame")
            picture.text(x + 112 * node + 52, 62, f"node {node + 1}", "small")
            for place in range(2):
                y = 76 + 66 * place
                bundle = [number for number, used in enumerate(taken) if used == node]
                if place < len(bundle):
                    picture.box(x + 112 * node + 8, y, 88, 58, f"bundle {bundle[place] + 1}", "1/4 CPU", kind="work")
                else:
                    picture.box(x + 112 * node + 8, y, 88, 58, "free", "1/4 CPU")
            if node:
                picture.box(x + 112 * node + 8, 210, 88, 40, "GPU", kind="store")
    return picture


def after_the_failure():
    """Show what lesson O7 finds after a node has failed."""
    title = "A node fails: a task's result is made again, an actor restarts empty or from its checkpoint, a put is lost"
    picture = Drawing("after-the-failure", title, 300)
    picture.text(130, 24, "on the node that failed", "small")
    picture.text(560, 24, "afterwards, on another node", "small")
    rows = [
        ("result of a task", "made again by the same task", "data"),
        ("actor with restarts", "counts from 0 again", "work"),
        ("the same with a checkpoint", "goes on where it was", "work"),
        ("actor without restarts", "ActorDiedError", "dead"),
        ("object of ray.put() there", "OwnerDiedError", "dead"),
    ]
    for number, (before, after, kind) in enumerate(rows):
        y = 38 + 52 * number
        picture.box(10, y, 240, 40, before, kind="frame")
        picture.arrow((250, y + 20), (430, y + 20), style="dashed" if kind == "dead" else "")
        picture.box(430, y, 260, 40, after, kind=kind)
    picture.box(290, 148, 90, 36, "file", kind="store")
    return picture


def all_reduce():
    """Show how the workers of lesson O9 stay in sync."""
    title = "Each worker computes a gradient from its half of the data, all-reduce gives both the mean"
    picture = Drawing("all-reduce", title, 240)
    for number, y in enumerate((30, 140)):
        picture.box(10, y, 130, 64, f"half {number + 1}", kind="data")
        picture.arrow((140, y + 32), (180, y + 32))
        picture.box(180, y, 170, 64, f"worker {number + 1}", "its own gradient", kind="work")
        picture.arrow((350, y + 32), (420, 117))
        picture.arrow((530, 117), (590, y + 32))
        picture.box(590, y, 160, 64, f"worker {number + 1}", "the mean: same step", kind="work")
    picture.box(420, 87, 110, 60, "all-reduce", kind="store")
    return picture


def queue_and_replicas():
    """Show how a deployment copes with load."""
    title = "Requests wait in a queue, a second replica starts, a full queue refuses at once"
    picture = Drawing("queue-and-replicas", title, 230)
    picture.box(10, 80, 100, 60, "clients")
    picture.arrow((110, 110), (170, 110))
    for number in range(6):
        picture.box(175 + 34 * number, 92, 28, 36, kind="data")
    picture.text(275, 80, "at most 16 wait", "small")
    picture.arrow((380, 104), (470, 66))
    picture.arrow((380, 116), (470, 160), style="dashed")
    picture.box(470, 34, 270, 64, "replica 1", "1 computed, 31 ready", kind="work")
    picture.box(470, 128, 270, 64, "replica 2", "starts when more than 2 a replica wait", kind="frame")
    picture.arrow((200, 128), (200, 190), (60, 190), (60, 140))
    picture.text(250, 194, "full: 429, come again", "small left")
    return picture


def batching():
    """Show how requests share a call of the model."""
    picture = Drawing("batching", "Requests of several clients share one call of the model", 240)
    for number in range(4):
        y = 20 + 52 * number
        picture.box(10, y, 110, 36, f"client {number + 1}")
        picture.arrow((120, y + 18), (230, y + 18))
        picture.box(235, y, 90, 36, "text", kind="data")
        picture.arrow((325, y + 18), (420, 116))
        picture.arrow((640, 116), (680, y + 18), style="dashed")
        picture.text(715, y + 23, "answer", "small")
    picture.box(420, 76, 220, 80, "model", "one call, four texts", kind="work")
    picture.text(390, 28, "wait 10 ms at most,", "small left")
    picture.text(390, 46, "while the model is busy", "small left")
    return picture


def ipu_lease():
    """Show how a worker gets an IPU."""
    picture = Drawing("ipu-lease", "Ray's count lets workers in, file locks decide who has which IPU", 280)
    picture.box(10, 90, 150, 90, "Ray counts", "IPU: 4", "lets in while it fits", kind="store")
    for number in range(5):
        y = 10 + 52 * number
        kind = "work" if number < 4 else "frame"
        picture.box(230, y, 130, 38, f"worker {number + 1}" if number < 4 else "worker 5 waits", kind=kind)
        picture.arrow((160, 135), (230, y + 19), style="" if number < 4 else "dashed")
        if number < 4:
            picture.box(460, y, 110, 38, f"lock {number}", kind="box")
            picture.box(640, y, 100, 38, f"IPU {number}", kind="store")
            picture.arrow((570, y + 19), (640, y + 19))
    for number, lock in enumerate((1, 0, 3, 2)):
        picture.arrow((360, 29 + 52 * number), (460, 29 + 52 * lock))
    picture.text(560, 240, "a process ends, however it ends:", "small")
    picture.text(560, 258, "the kernel opens its lock", "small")
    return picture


def node_failure():
    """Show how a lost object is recreated."""
    title = "A node dies, its object is lost, and the task that made it runs again elsewhere"
    picture = Drawing("node-failure", title, 250)
    picture.box(10, 90, 130, 70, "driver", "holds a reference")
    picture.box(210, 10, 250, 100, kind="dead")
    picture.text(335, 30, "node 2 dies", "small")
    picture.box(225, 44, 100, 44, "task", kind="dead")
    picture.box(345, 44, 100, 44, "object", kind="dead")
    picture.box(210, 140, 250, 100, kind="frame")
    picture.text(335, 160, "node 3", "small")
    picture.box(225, 174, 100, 44, "same task", kind="work")
    picture.box(345, 174, 100, 44, "object", kind="data")
    picture.arrow((325, 66), (345, 66))
    picture.arrow((325, 196), (345, 196))
    picture.arrow((140, 110), (210, 66), style="dashed")
    picture.arrow((140, 140), (225, 196))
    picture.text(480, 60, "lost", "small left")
    picture.text(480, 180, "made again: the owner knows", "small left")
    picture.text(480, 198, "which task with which arguments", "small left")
    picture.text(480, 216, "made it (its lineage)", "small left")
    return picture


PICTURES = [
    what_is_ray,
    task_graph,
    zero_copy,
    actor_order,
    streaming_dataset,
    request_path,
    get_after_the_loop,
    bundles,
    after_the_failure,
    all_reduce,
    queue_and_replicas,
    batching,
    ipu_lease,
    node_failure,
]


def main():
    """Write the pictures, in English and in Chinese."""
    (IMAGES / "zh").mkdir(exist_ok=True)
    for draw in PICTURES:
        picture = draw()
        (IMAGES / f"{picture.name}.svg").write_text(picture.svg(), encoding="utf-8")
        (IMAGES / "zh" / f"{picture.name}.svg").write_text(picture.svg(in_chinese), encoding="utf-8")


if __name__ == "__main__":
    main()
