"""Run every lesson in order, each under its number, title and time. `make tour` calls this."""

import shlex
import subprocess
import sys

from tools.lessons import LESSONS, ROOT


def run_to_its_end(command):
    """Run a command, return its exit code. On Ctrl-C, which reaches the command too, wait until it has tidied up."""
    with subprocess.Popen(command) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.wait()
            raise


def main():
    """Run the lessons. Stops at the first that fails, with the command that repeats it."""
    for number, lesson in enumerate(LESSONS, start=1):
        if lesson.missing_imports:
            print(f"\n{lesson} needs {', '.join(lesson.missing_imports)}.", flush=True)
            if subprocess.call(["make", "--no-print-directory", "install"], cwd=ROOT):
                sys.exit("The installation failed. Mend what it says above, then call: make tour")
        print(f"\n=== {number} of {len(LESSONS)}: {lesson.title} ({lesson}, {lesson.header('Time')}) ===\n", flush=True)
        command = [sys.executable, str(lesson.path)]
        code = run_to_its_end(command)
        if code:
            again = shlex.join(command)
            sys.exit(f"\nThe tour stops here: {lesson} failed with exit code {code}. To repeat it alone: {again}")
    print("\nThat was the tour. README.md sums it up, and says what to try next.")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nThe tour was stopped.")
