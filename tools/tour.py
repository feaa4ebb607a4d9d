"""Narrate every lesson in order, as it runs: its claim, and under each comment what that step printed.

python -m tools.tour [--from O5] [--only O3]    `make tour` calls this
"""

import argparse
import os
import queue
import shlex
import shutil
import signal
import subprocess
import sys
from threading import Thread

from rich.console import Console
from rich.text import Text

from tools.language import CHINESE
from tools.lessons import LESSONS, NOT_OF_THE_LESSON, ROOT, fits

WORDS = {
    "heading": "{number} of {count}: {lesson}, {minutes} minutes to read, {left} to the end of the tour",
    "install": "{lesson} needs {modules}.",
    "not installed": "The installation failed. Fix the problem above, then run: make tour FROM={lesson}",
    "failed": "The tour stops here: {lesson} failed with exit code {code}.",
    "again": "To repeat it alone: {command}",
    "onwards": "To go on from there: make tour FROM={lesson}",
    "stopped": "The tour was stopped. To go on from there: make tour FROM={lesson}",
    "end": "That was the tour. Your turn: make exercises",
}
if CHINESE:
    WORDS = {
        "heading": "第 {number} 课，共 {count} 课：{lesson}，读完约 {minutes} 分钟，学完全部还要 {left} 分钟",
        "install": "{lesson} 需要 {modules}，现在安装。",
        "not installed": "安装失败。请按上面的提示解决，然后运行：make tour FROM={lesson}",
        "failed": "教程停在这里：{lesson} 出错，退出码 {code}。",
        "again": "单独重跑这一课：{command}",
        "onwards": "从这一课继续：make tour FROM={lesson}",
        "stopped": "已停止。从这一课继续：make tour FROM={lesson}",
        "end": "全部运行完毕。接下来轮到你了：make exercises",
    }


def make_console():
    """Return a console for this terminal. If it has no colour or is not a terminal, only text comes out."""
    sys.stdout.reconfigure(errors="replace")  # for a locale that lacks a character
    width = min(shutil.get_terminal_size().columns, 100)
    color = None if os.environ.get("NO_COLOR") else "auto"
    return Console(width=width, height=25, color_system=color, highlight=False)


class Telling:
    """Shows one lesson: a comment as soon as its step begins, and what the step prints as it comes."""

    def __init__(self, lesson, console):
        self.console = console
        self.steps = lesson.steps
        self._say()

    def _say(self):
        """Show the comments that stand before the next line that is to be printed."""
        while self.steps and self.steps[0][0] == "says":
            self.console.print()
            self.console.print(Text(self.steps.pop(0)[1]))

    def of_the_lesson(self, line):
        """Show a line that the lesson printed, under its comment."""
        found = [place for place, (kind, text) in enumerate(self.steps) if kind == "prints" and fits(text, line)]
        for _ in range(found[0] + 1 if found else 0):
            self._say()
            self.steps = self.steps[1:]
        self.console.print(Text("    " + line, "bold green"), soft_wrap=True)
        self._say()

    def of_ray(self, line):
        """Show a line that Ray wrote."""
        self.console.print(Text("  | " + line, "dim"), soft_wrap=True)


def show_heading(number, console):
    """Show the heading and the claim of a lesson, by its number from 0."""
    minutes = [int(lesson.header("Time").split()[0]) for lesson in LESSONS]
    numbers = {"number": number + 1, "count": len(LESSONS), "minutes": minutes[number], "left": sum(minutes[number:])}
    console.print()
    console.print(Text("=== " + WORDS["heading"].format(lesson=LESSONS[number], **numbers), "bold cyan"))
    console.print()
    console.print(Text(LESSONS[number].claim("zh" if CHINESE else "en"), "bold"))


def pump(name, stream, lines):
    """Put the lines of a stream into a queue, under the name of the stream, and then a None."""
    for line in stream:
        lines.put((name, Text.from_ansi(line.rstrip("\n")).plain))
    lines.put((name, None))


def run(lesson, console):
    """Run a lesson and narrate it. Return its exit code and the last lines that it wrote as errors.

    On Ctrl-C, which reaches the lesson too, wait until it has tidied up.
    """
    lines, errors = queue.SimpleQueue(), []
    telling = Telling(lesson, console)
    with subprocess.Popen(
        [sys.executable, "-u", lesson.path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:

        def tell():
            open_streams = {"out", "err"}
            while open_streams:
                try:
                    name, line = lines.get(timeout=1)
                except queue.Empty:
                    if process.poll() is not None:  # a process that outlives the lesson may hold its streams
                        return
                    continue
                if line is None:
                    open_streams.remove(name)
                elif name == "err" or NOT_OF_THE_LESSON.match(line):
                    errors.append(line)
                    telling.of_ray(line)
                else:
                    telling.of_the_lesson(line)

        for name, stream in ("out", process.stdout), ("err", process.stderr):
            Thread(target=pump, args=(name, stream, lines), daemon=True).start()
        try:
            tell()
        except KeyboardInterrupt:
            tell()
            raise
        except BrokenPipeError:  # the reader of this output is gone
            process.send_signal(signal.SIGINT)
            raise
    starts = [place for place, line in enumerate(errors) if line.startswith("Traceback ")]
    return process.returncode, errors[starts[-1] :] if starts else errors[-5:]


def chosen(first, only):
    """Return the numbers of the lessons to run, from 0. Exits if a name is not a lesson's."""

    def number_of(name):
        wanted = name.lower().removesuffix(".py")
        names = [str(lesson).lower().removesuffix(".py") for lesson in LESSONS]
        found = [n for n, path in enumerate(names) if wanted in (path, path.rpartition("/")[2])]
        found = found or [n for n, path in enumerate(names) if path.rpartition("/")[2].startswith(wanted)]
        if len(found) != 1:
            sys.exit(f"{name!r} is the name of {len(found) or 'no'} lessons. The names: {', '.join(map(str, LESSONS))}")
        return found[0]

    if only:
        return [number_of(only)]
    return range(number_of(first) if first else 0, len(LESSONS))


def main(arguments=()):
    """Run the lessons. Stops at the first that fails, with its error and the command that repeats it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="first", help="begin with this lesson")
    parser.add_argument("--only", help="run this lesson alone")
    options = parser.parse_args(arguments)
    numbers = chosen(options.first, options.only)
    for number in numbers:
        lesson, console = LESSONS[number], make_console()
        if lesson.missing_imports:
            print("\n" + WORDS["install"].format(lesson=lesson, modules=", ".join(lesson.missing_imports)), flush=True)
            if subprocess.call(["make", "--no-print-directory", "install"], cwd=ROOT):
                sys.exit(WORDS["not installed"].format(lesson=lesson.path.stem))
        show_heading(number, console)
        try:
            code, errors = run(lesson, console)
        except KeyboardInterrupt:
            sys.exit("\n" + WORDS["stopped"].format(lesson=lesson.path.stem))
        if code:
            command = shlex.join([sys.executable, str(lesson.path)])
            texts = [WORDS[name].format(lesson=lesson, code=code, command=command) for name in ("failed", "again")]
            sys.exit("\n".join(["", *errors, "", *texts, WORDS["onwards"].format(lesson=lesson.path.stem)]))
    if not options.only:
        console.print(Text("\n" + WORDS["end"]))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes stdout at its end
        sys.exit(1)
