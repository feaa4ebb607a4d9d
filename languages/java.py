"""Java: from Python, you call static methods as tasks, and objects as actors.

Run:   python languages/java.py
Docs:  https://docs.ray.io/en/latest/ray-core/cross-language.html
Needs: javac and java (Debian and Ubuntu: apt install openjdk-17-jdk-headless)
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import ray
from ray.cross_language import java_actor_class, java_function
from ray.job_config import JobConfig

HERE = Path(__file__).resolve().parent
RAY_JAR = Path(ray.__file__).with_name("jars") / "ray_dist.jar"  # comes with pip, for Linux
# Ray's serializer reads private fields in these packages, which Java forbids unless they are opened.
PACKAGES = ["java.lang", "java.math", "java.net", "java.text", "java.util", "java.util.concurrent"]
JVM_OPTIONS = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in PACKAGES]


def compile_words(folder):
    """Compile Words.java into a folder."""
    if not shutil.which("javac"):
        sys.exit("This needs javac. On Debian and Ubuntu: apt install openjdk-17-jdk-headless")
    subprocess.run(["javac", "-cp", RAY_JAR, "-d", folder, HERE / "Words.java"], check=True)


@ray.remote
def add_mark(text):
    """Return the text with an exclamation mark as its last word."""
    return f"{text} !"


@ray.remote
def shout(word):
    """Return the word in capitals. Words.java calls this."""
    return word.upper()


def main():
    with tempfile.TemporaryDirectory() as folder:
        compile_words(folder)
        # Workers look in these folders for classes and Python modules. On a cluster, each node needs both.
        config = JobConfig(code_search_path=[folder, str(HERE)], jvm_options=JVM_OPTIONS)
        # Java workers log a lot: log_to_driver=False.
        ray.init(address=os.environ.get("RAY_ADDRESS") or "local", job_config=config, log_to_driver=False)

        # A task: name the class and the method. Ray converts the arguments and the result.
        count = java_function("Words", "count")
        print("words:", ray.get([count.remote(text) for text in ("to be", "or not", "to be that is")]))
        # -> words: [2, 2, 4]

        # An actor: a Java process keeps the object.
        words = java_actor_class("Words").remote()
        print("so far:", ray.get([words.add.remote(text) for text in ("to be", "or not", "to be")]))
        # -> so far: [2, 4, 6]

        # Pass references from task to task, whatever their languages.
        texts = [add_mark.remote(text) for text in ("to be", "or not")]
        print("from Python to Java:", ray.get([count.remote(text) for text in texts]))
        # -> from Python to Java: [3, 3]

        # Java calls Python: shoutFirst() runs shout() as a task.
        print("from Java to Python:", ray.get(java_function("Words", "shoutFirst").remote("hello world")))
        # -> from Java to Python: HELLO

        # A Java exception arrives as a CrossLanguageError. Its text contains the Java stack.
        try:
            ray.get(java_function("Words", "month").remote("July"))
        except ray.exceptions.CrossLanguageError as error:
            [cause] = [line for line in str(error).splitlines() if line.startswith("Caused by: java.lang.Number")]
            print(cause)
            # -> Caused by: java.lang.NumberFormatException: For input string: "July"


if __name__ == "__main__":
    main()
