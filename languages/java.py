"""Java: a static method runs as a task, an object as an actor, and Python calls both like its own.

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
# Ray's serializer reads these packages' private fields, which Java allows only if told so.
PACKAGES = ["java.lang", "java.math", "java.net", "java.text", "java.util", "java.util.concurrent"]
JVM_OPTIONS = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in PACKAGES]


def compile_words(folder):
    """Compile Words.java into a folder."""
    if not shutil.which("javac"):
        sys.exit("This needs javac. On Debian and Ubuntu: apt install openjdk-17-jdk-headless")
    subprocess.run(["javac", "-cp", RAY_JAR, "-d", folder, HERE / "Words.java"], check=True)


@ray.remote
def shout(word):
    """Return the word in capitals. Words.java calls this."""
    return word.upper()


def main():
    with tempfile.TemporaryDirectory() as folder:
        compile_words(folder)
        # Workers look there for Java classes and Python modules. On a cluster, each node needs these paths.
        config = JobConfig(code_search_path=[folder, str(HERE)], jvm_options=JVM_OPTIONS)
        # log_to_driver=False: Java workers log much.
        ray.init(address=os.environ.get("RAY_ADDRESS") or "local", job_config=config, log_to_driver=False)

        # A task: the class and the method by name. Ray converts the arguments and the result.
        count = java_function("Words", "count")
        print("words:", ray.get([count.remote(text) for text in ("to be", "or not", "to be that is")]))
        # -> words: [2, 2, 4]

        # An actor: its process is a Java virtual machine, which keeps the object.
        words = java_actor_class("Words").remote()
        print("so far:", ray.get([words.add.remote(text) for text in ("to be", "or not", "to be")]))
        # -> so far: [2, 4, 6]

        # A reference to the result of one task is an argument of the next, whatever language each is in.
        print("in capitals:", ray.get(shout.remote(java_function("Words", "shoutFirst").remote("hello world"))))
        # -> in capitals: HELLO

        # An exception in Java is an exception here. Its text contains the stack of the Java thread.
        try:
            ray.get(java_function("Words", "month").remote("July"))
        except ray.exceptions.CrossLanguageError as error:
            [cause] = [line for line in str(error).splitlines() if line.startswith("Caused by: java.lang.Number")]
            print(cause)
            # -> Caused by: java.lang.NumberFormatException: For input string: "July"


if __name__ == "__main__":
    main()
