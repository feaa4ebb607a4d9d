"""languages/: the scripts do what they say, also on a cluster and where paths have spaces, and the types travel."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import ray

from languages import cpp, java
from tests.support.pages import page, rows
from tests.support.places import Place, run
from tools.lessons import ROOT, Lesson, differences

pytestmark = pytest.mark.thorough

NEEDS_JAVA = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("javac"), reason="not Linux, or no JDK: javac is missing"
)
NEEDS_CPP = pytest.mark.skipif(
    sys.platform != "linux" or not (shutil.which("g++") and cpp.CPP.exists()),
    reason="not Linux, or g++ or Ray's C++ API is missing: pip install -r languages/requirements.txt",
)
SCRIPTS = [
    pytest.param(Lesson(ROOT / "languages" / name), marks=needs, id=name)
    for name, needs in (("java.py", NEEDS_JAVA), ("cpp.py", NEEDS_CPP))
]
TABLE = [[cell.strip("`") for cell in row] for row in rows(page("languages/README.md"), "## Which types you can pass")]
DASH = "–"
# What a function declares where the table has a dash. In Java, everything is an Object.
ATTEMPTS = {"2**64": "uint64_t", "{1, 2}": "std::set<int64_t>", "(1, 2)": "std::vector<int64_t>"}
ATTEMPTS["np.arange(3)"] = ATTEMPTS["(1, 2)"]

# Methods that the sentences below the table are about.
MORE_JAVA = """
public static double half(double x) { return x / 2; }
public static java.util.List<Integer> listed(int x) { return java.util.List.of(x); }
public static java.util.Map<Integer, Integer> mapped(int x) { return java.util.Map.of(x, x); }
public static char letter(int x) { return 'a'; }
public static int twice(int x) { return 2 * x; }
public static String twice(String x) { return x + x; }
"""
# Calls functions, and prints what comes back: the value as Python writes it, or the first line of the error.
CALL = """
import datetime, json, sys
import numpy as np
import ray
from ray.cross_language import cpp_function, java_function
from ray.job_config import JobConfig

language, folder, options, calls = json.loads(sys.argv[1])
ray.init(num_cpus=1, job_config=JobConfig(code_search_path=[folder], jvm_options=options), log_to_driver=False)
for name, arguments in calls:
    function = cpp_function(name) if language == "cpp" else java_function("Rows", name)
    try:
        print(repr(ray.get(eval(f"function.remote({arguments})"), timeout=60)), flush=True)
    except ray.exceptions.GetTimeoutError:
        raise  # a slow machine proves nothing
    except Exception as error:
        print("error:", *str(error).splitlines()[:1], flush=True)
"""

WITHOUT_JAVA = """
import ray
from ray.cross_language import java_function
ray.init(num_cpus=1, job_config=ray.job_config.JobConfig(code_search_path=["/tmp"]))
try:
    ray.get(java_function("Words", "count").remote("a"), timeout=30)
except Exception as error:
    print(error)
"""


def called(language, folder, calls):
    """Call functions of the compiled code in a folder, and return the lines that this prints."""
    place = Place.make()
    try:
        arguments = json.dumps([language, str(folder), java.JVM_OPTIONS, calls])
        command = [sys.executable, "-c", CALL, arguments]
        ended = subprocess.run(
            command, cwd=place.work, env=place.environment(), capture_output=True, text=True, timeout=120
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.splitlines()
    finally:
        place.remove()


def compile_java(folder, methods):
    """Compile a class Rows into a folder."""
    (folder / "Rows.java").write_text("public class Rows {" + methods + "}", encoding="utf-8")
    subprocess.run(["javac", "-cp", java.RAY_JAR, "-d", folder, folder / "Rows.java"], check=True)


@pytest.mark.parametrize("script", SCRIPTS)
def test_prints_what_it_says_in_a_folder_with_a_space_and_again_on_a_cluster(script, cluster, place):
    folder, temporary = place.folder / "a folder", place.folder / "tmp" / "a folder"
    shutil.copytree(ROOT / "languages", folder)
    temporary.mkdir()
    for options in {}, cluster:
        result = run(Lesson(folder / script.path.name), place, TMPDIR=str(temporary), **options)
        assert differences(script.expected, result.stdout.splitlines()) == [], result.stderr
        assert result.returncode == 0, result.stderr
    assert place.leftovers() == []


@pytest.mark.parametrize("name", ["java.py", "cpp.py"])
def test_says_what_to_install_where_there_is_no_compiler(name, place):
    result = run(Lesson(ROOT / "languages" / name), place, PATH=str(Path(sys.executable).parent))
    assert result.returncode == 1
    assert re.fullmatch(r"This needs .*: (apt|pip) install .*\n", result.stderr)
    assert place.leftovers() == []


@NEEDS_JAVA
def test_types_of_java_are_those_of_the_table(tmp_path):
    kinds = ["Object" if row[1] == DASH else row[1] for row in TABLE]
    compile_java(
        tmp_path, "\n".join(f"public static {kind} row{n}({kind} x) {{ return x; }}" for n, kind in enumerate(kinds))
    )
    came = called("java", tmp_path, [(f"row{number}", row[0]) for number, row in enumerate(TABLE)])
    assert passed(came) == [row[0] for row in TABLE if row[1] != DASH]


@NEEDS_CPP
def test_types_of_cpp_are_those_of_the_table(tmp_path, monkeypatch):
    kinds = [ATTEMPTS.get(row[0], "std::string") if row[2] == DASH else row[2] for row in TABLE]
    lines = [f"{kind} row{n}({kind} x) {{ return x; }}\nRAY_REMOTE(row{n});" for n, kind in enumerate(kinds)]
    (tmp_path / "chains.cpp").write_text("\n".join(["#include <ray/api.h>", "#include <set>", *lines]))
    monkeypatch.setattr(cpp, "HERE", tmp_path)
    cpp.compile_chains(tmp_path)
    came = called("cpp", tmp_path, [(f"row{number}", row[0]) for number, row in enumerate(TABLE)])
    assert passed(came) == [row[0] for row in TABLE if row[2] != DASH]


def passed(came):
    """Return the values of the table that came back equal. All other calls ended with an error."""
    assert len(came) == len(TABLE)
    evaluated = {"2**63 - 1": str(2**63 - 1), "2**64 - 1": str(2**64 - 1)}
    found = []
    for row, answer in zip(TABLE, came):
        sent = row[0].replace("'", '"')
        same = answer.replace("'", '"') == evaluated.get(sent, sent)
        assert same or answer.startswith("error:"), f"{sent} came back as {answer}"
        found += [row[0]] * same
    return found


@NEEDS_JAVA
def test_sentences_below_the_table_are_true(tmp_path):
    compile_java(tmp_path, MORE_JAVA)
    calls = ["half", "7"], ["half", "float(7)"], ["half", "x=7.0"], ["listed", "1"], ["mapped", "1"], ["letter", "1"]
    came = called("java", tmp_path, [*calls, ["twice", "1"]])
    assert [line.startswith("error:") for line in came] == [True, False, True, True, True, True, True]
    assert came[1] == "3.5"


def test_ray_aborts_on_a_node_without_java_that_gets_a_java_task(place):
    path = place.folder / "script.py"
    path.write_text(WITHOUT_JAVA)
    run(Lesson(path), place, PATH=str(Path(sys.executable).parent))
    logs = [log.read_text(errors="replace") for log in (place.folder / "ray").rglob("raylet.*")]
    assert any("Check failed" in log and "Required Language isn't supported" in log for log in logs)


def test_the_library_and_ray_have_the_same_version():
    assert f"ray-cpp=={ray.__version__}\n" in (ROOT / "languages" / "requirements.txt").read_text()
