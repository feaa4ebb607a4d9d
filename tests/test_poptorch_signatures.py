"""What ipu/ calls is what PopTorch has: names and arguments are held against support/stubs/poptorch.pyi."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.lessons import ROOT

IPU = ROOT / "ipu"
STUBS = ROOT / "tests" / "support" / "stubs"
OF_RAY = re.compile(r'has no attribute "(remote|options|bind|cause)"')  # what Ray adds, which mypy cannot know
MISTAKES = [
    ("classifier", "poptorch.inferenceModel(", "poptorch.inferencemodel("),
    ("classifier", "load_model(), options)", "load_model(), opts=options)"),
    ("classifier", "poptorch.Options()", "poptorch.Options(1)"),
    ("classifier", "options.useIpuId(device.id)", "options.useIPU(device.id)"),
    ("classifier", "options.replicationFactor(len(device.ipus))", "options.replicationFactor()"),
    ("classifier", "options.enableExecutableCaching(CACHE)", "options.enableExecutableCaching(1)"),
    ("classifier", "self.executor.compile(", "self.executor.build("),
    ("classifier", "self.executor.destroy()", "self.executor.destroy(True)"),
    ("backend", "(poptorch.Error, ", "(poptorch.PopTorchError, "),
]


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """Return the files about which mypy complains. For each mistake there is a copy of its script that has it."""
    folder = tmp_path_factory.mktemp("signatures") / "ipu"
    shutil.copytree(IPU, folder, ignore=shutil.ignore_patterns("__pycache__", "standin.py"))
    for number, (name, right, wrong) in enumerate(MISTAKES):
        source = (folder / f"{name}.py").read_text()
        assert source.count(right) == 1
        (folder / f"mistake_{number}.py").write_text(source.replace(right, wrong))
    command = [sys.executable, "-m", "mypy", "--no-site-packages", "--ignore-missing-imports", "--check-untyped-defs"]
    # It is asked about names and arguments, not about what may be None.
    command += [f"--disable-error-code={code}" for code in ("no-redef", "union-attr", "var-annotated")]
    command += ["--no-error-summary", "--cache-dir", os.devnull, *sorted(path.name for path in folder.glob("*.py"))]
    environment = os.environ | {"MYPYPATH": str(STUBS)}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 1, result.stderr
    return [line for line in result.stdout.splitlines() if ": error:" in line and not OF_RAY.search(line)]


def test_every_name_and_argument_is_poptorchs(complaints):
    assert [line for line in complaints if not line.startswith("mistake_")] == []


@pytest.mark.parametrize("number", range(len(MISTAKES)), ids=[wrong for _, _, wrong in MISTAKES])
def test_mistake_is_seen(complaints, number):
    assert len([line for line in complaints if line.startswith(f"mistake_{number}.py")]) == 1


def test_stand_in_has_poptorchs_signatures(tmp_path):
    shutil.copy(STUBS / "poptorch.pyi", tmp_path / "standin.pyi")
    skip_torch = "[mypy]\n[mypy-torch.*]\nfollow_imports = skip\nfollow_imports_for_stubs = True\n"
    (tmp_path / "mypy.ini").write_text(skip_torch)
    (tmp_path / "allowed").write_text("standin.PoplarExecutor.__init__\n")  # nobody calls it
    environment = os.environ | {"MYPYPATH": str(tmp_path), "PYTHONPATH": str(IPU)}
    command = [sys.executable, "-m", "mypy.stubtest", "standin", "--ignore-missing-stub", "--concise"]
    command += ["--mypy-config-file", "mypy.ini", "--allowlist", "allowed"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stdout.splitlines()) == (0, []), result.stderr


def test_modules_run_on_the_sdks_python():
    modules = sorted(IPU.glob("*.py"))
    vermin = Path(sys.executable).with_name("vermin")
    result = subprocess.run([vermin, "--target=3.8-", "--violations", *modules], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
