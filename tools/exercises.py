"""Check the reader's exercises one after the other, and say what happened. `make exercises` calls this.

python -m tools.exercises                       checks the next exercise, and any that changed since it was solved
python -m tools.exercises --only O1_predict     checks this one
python -m tools.exercises --hint O1_predict     shows its next hint
python -m tools.exercises --reset O1_predict    restores the file, and moves the answer to exercises/.kept
python -m tools.exercises --list                lists all exercises and their status
python -m tools.exercises --hand-out FOLDER     writes all exercises in their original form into a folder
"""

import argparse
import hashlib
import json
import os
import re
import sys
import traceback
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from rich.text import Text

from exercises.checks.verdicts import HungError, SlowError
from tools.language import say
from tools.lessons import ROOT, Lesson
from tools.tour import make_console

EXERCISES = ROOT / "exercises"
PAGE = EXERCISES / say("README.md", "README.zh.md")
STATE = EXERCISES / ".state.json"  # git ignores it: what is solved, {name: hash of the file}, and which hints are open
COLON = say(": ", "：")
KEPT = EXERCISES / ".kept"  # git ignores it: answers that were reset
REGION = re.compile(r"^ *# exercise\n(.*?)^ *# solution\n.*?^ *# end\n", re.MULTILINE | re.DOTALL)


def handed_out(solution):
    """Return the text of an exercise, given that of its solution.

    The lines between `# exercise` and `# solution` lose their comment signs, those from there to `# end` go.
    """

    def exercise(region):
        return re.sub(r"^( *)# ?(.*)$", r"\1\2", region[1], flags=re.MULTILINE)

    return REGION.sub(exercise, solution)


@dataclass(frozen=True)
class Exercise:
    """A file of exercises/ with a gap."""

    name: str

    @property
    def path(self):
        """Where the reader's answer is."""
        return EXERCISES / f"{self.name}.py"

    @property
    def solution(self):
        """Where our solution is."""
        return EXERCISES / "solutions" / f"{self.name}.py"

    @property
    def module(self):
        """The module of exercises/checks/ that has its check."""
        return f"test_{self.name.partition('_')[0]}"

    @property
    def check(self):
        """The id of the check, as pytest knows it."""
        return f"{EXERCISES}/checks/{self.module}.py::test_{self.name}"

    @property
    def minutes(self):
        """How long it takes, as its docstring says."""
        return int(Lesson(self.solution).header("Time").split()[0])

    @property
    def hash(self):
        """A number that changes with the file, None where there is no file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest() if self.path.exists() else None

    @cached_property
    def _section(self):
        text = PAGE.read_text(encoding="utf-8").partition(f"\n### {self.name}\n")[2]
        return re.split(r"^##", text, maxsplit=1, flags=re.MULTILINE)[0]

    @property
    def task(self):
        """The task, as the page in the reader's language says it."""
        return " ".join(self._section.partition("<details>")[0].replace("`", "").split())

    @property
    def hints(self):
        """The hints, as the page in the reader's language gives them."""
        found = re.findall(r"<details>.*?</summary>\s*(.*?)\s*</details>", self._section, re.DOTALL)
        return [" ".join(text.replace("`", "").split()) for text in found]


# In the order of the page, which is the order to solve them in.
ALL = [Exercise(name) for name in re.findall(r"^### (\w+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)]


class State:
    """What the reader has done, kept in a file."""

    def __init__(self):
        found = json.loads(STATE.read_text()) if STATE.exists() else {}
        self.solved, self.hints = found.get("solved", {}), found.get("hints", {})

    def save(self):
        """Write the file."""
        new = STATE.with_suffix(".new")
        new.write_text(json.dumps({"solved": self.solved, "hints": self.hints}, indent=1))
        os.replace(new, STATE)  # whole, or not at all

    def of(self, exercise):
        """Tell what an exercise is: "done", "changed" since it was solved, or "open"."""
        if exercise.name not in self.solved:
            return "open"
        return "done" if self.solved[exercise.name] == exercise.hash else "changed"

    def next(self):
        """Return the first exercise that is not solved, None if there is none."""
        return next((exercise for exercise in ALL if exercise.name not in self.solved), None)


class Recorder:
    """Notes, as a plugin of pytest, how each check ended: {name: None, or the exception}."""

    def __init__(self):
        self.ended = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        """Note an exception, and that there was none."""
        name = item.function.__name__.removeprefix("test_")
        if call.excinfo:
            self.ended.setdefault(name, call.excinfo.value)
        elif call.when == "call":
            self.ended[name] = None
        return (yield)


def check(exercises):
    """Run the checks of some exercises, and return how they ended: {name: None, or the exception}."""
    recorder = Recorder()
    quietly = ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:xdist", "--log-level", "ERROR"]
    code = pytest.main([*quietly, *(exercise.check for exercise in exercises)], plugins=[recorder])
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if len(recorder.ended) != len(exercises):
        sys.exit(say("The checks did not run. Try: ", "无法运行检查。请直接运行：") + "python -m pytest exercises")
    return recorder.ended


def verdict(exercise, error):
    """Return a heading and a text that say how a check ended."""
    if error is None:
        return say("solved", "已完成"), ""
    if isinstance(error, HungError):
        return say("it did not finish", "没有结束"), str(error)
    if isinstance(error, SlowError):
        return say("right, but one at a time", "结果正确，但没有同时执行"), str(error)
    if isinstance(error, AssertionError):
        return say("not yet", "还不对"), str(error)
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(exercise.path)
    ]
    cause = getattr(error, "cause", None)  # what a task raised, while the line is the one that fetched its result
    said = f"{type(cause or error).__name__}: {cause or error}"
    line = lines[-1] if lines else "?"
    text = say(f"The program failed in line {line}: {said}", f"程序在第 {line} 行出错：{said}")
    if cause:
        text = say(
            f"A task failed, and line {line} fetched its result: {said}",
            f"有一个 task 出错，第 {line} 行取结果时抛出异常：{said}",
        )
    return say("it raised an error", "出错了"), text


def show_list(state, console):
    """Show all exercises, and how many minutes are left."""
    following = state.next()
    words = {
        "done": say("done", "完成"),
        "changed": say("changed", "有改动"),
        "next": say("next", "下一题"),
        "open": say("open", "未做"),
    }
    styles = {"done": "green", "changed": "yellow", "next": "bold cyan", "open": "dim"}
    width = max(len(exercise.name) for exercise in ALL)
    for exercise in ALL:
        now = "next" if exercise == following else state.of(exercise)
        minutes = say(f"{exercise.minutes:2} minutes", f"{exercise.minutes:2} 分钟")
        console.print(Text(f"{exercise.name:{width}}  {minutes}  {words[now]}", styles[now]))
    console.print(Text(summary(state)))


def summary(state):
    """Return how many exercises are solved, and how many minutes the others take."""
    left = sum(exercise.minutes for exercise in ALL if exercise.name not in state.solved)
    return say(
        f"{len(state.solved)} of {len(ALL)} solved, about {left} minutes left",
        f"共 {len(ALL)} 题，已完成 {len(state.solved)} 题，还需约 {left} 分钟",
    )


def show_task(exercise, console):
    """Show what is to be done, and where."""
    console.print()
    minutes = say(f"{exercise.minutes} minutes", f"{exercise.minutes} 分钟")
    file = exercise.path.relative_to(ROOT)
    console.print(Text(f"{exercise.name}, {minutes}{COLON}{file}", "bold cyan"))
    console.print(Text(exercise.task))


def show_checks(state, console, only=None):
    """Check one exercise, or the next and those changed since they were solved, and say how it went."""
    following = only or state.next()
    changed = [] if only else [exercise for exercise in ALL if state.of(exercise) == "changed"]
    to_check = changed + [following] * (following is not None)
    if not to_check:
        console.print(Text(say("All exercises are solved.", "全部练习都已完成。"), "bold green"))
        return
    if following:
        show_task(following, console)
    needed = sorted({module for exercise in to_check for module in Lesson(exercise.solution).missing_imports})
    if needed:
        sys.exit(
            say(
                f"It needs {', '.join(needed)}. First: make install",
                f"需要 {', '.join(needed)}。请先运行：make install",
            )
        )
    ended = check(to_check)
    for exercise in to_check:
        heading, text = verdict(exercise, ended[exercise.name])
        console.print()
        console.print(Text(f"{exercise.name}{COLON}{heading}", "bold green" if not text else "bold yellow"))
        if text:
            console.print(Text(text))
            console.print(Text(say("For a hint: ", "查看提示：") + f"make exercises HINT={exercise.name}", "dim"))
            state.solved.pop(exercise.name, None)
        else:
            state.solved[exercise.name] = exercise.hash
    state.save()
    console.print(Text(summary(state)))
    if following and following.name in state.solved and state.next():
        show_task(state.next(), console)


def show_hint(exercise, state, console):
    """Open the next hint, and show all that are open."""
    opened = min(state.hints.get(exercise.name, 0) + 1, len(exercise.hints))
    state.hints[exercise.name] = opened
    state.save()
    for number, text in enumerate(exercise.hints[:opened], start=1):
        title = say(f"Hint {number} of {len(exercise.hints)}", f"提示 {number}，共 {len(exercise.hints)} 个")
        console.print(Text(f"{title}{COLON}{text}"))


def reset(exercise, state, console):
    """Give a file back as it was, and keep the answer beside it."""
    before = handed_out(exercise.solution.read_text(encoding="utf-8"))
    if exercise.path.exists() and exercise.path.read_text(encoding="utf-8") != before:
        KEPT.mkdir(exist_ok=True)
        number = 1 + len([*KEPT.glob(f"{exercise.name}-*.py")])
        kept = KEPT / f"{exercise.name}-{number}.py"
        exercise.path.rename(kept)
        console.print(Text(say("Your answer was moved to ", "你的答案已移到 ") + str(kept.relative_to(ROOT))))
    exercise.path.write_text(before, encoding="utf-8")
    state.solved.pop(exercise.name, None)
    state.hints.pop(exercise.name, None)
    state.save()
    console.print(Text(f"{exercise.path.relative_to(ROOT)} " + say("has been restored.", "已恢复原样。")))


def named(name):
    """Return the exercise with a name, which may end in .py. Exits if there is none."""
    found = [exercise for exercise in ALL if exercise.name.lower() == Path(name).stem.lower()]
    if not found:
        names = ", ".join(exercise.name for exercise in ALL)
        sys.exit(
            say(
                f"There is no exercise named {name!r}. The names: {names}",
                f"没有名为 {name!r} 的练习。可用的名称：{names}",
            )
        )
    return found[0]


def main(arguments=()):
    """Do what one command says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_mutually_exclusive_group()
    for option in "only", "hint", "reset":
        commands.add_argument(f"--{option}", metavar="NAME", type=named)
    commands.add_argument("--list", action="store_true")
    commands.add_argument("--hand-out", metavar="FOLDER", type=Path)
    options = parser.parse_args(arguments)
    console, state = make_console(), State()
    if options.list:
        show_list(state, console)
    elif options.hint:
        show_hint(options.hint, state, console)
    elif options.reset:
        reset(options.reset, state, console)
    elif options.hand_out:
        options.hand_out.mkdir(exist_ok=True)
        for exercise in ALL:
            text = handed_out(exercise.solution.read_text(encoding="utf-8"))
            (options.hand_out / exercise.path.name).write_text(text, encoding="utf-8")
    else:
        show_checks(state, console, options.only)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(say("\nStopped. No results were saved.", "\n已停止，没有记录任何结果。"))
