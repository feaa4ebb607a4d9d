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
# What mypy cannot know: what Ray adds to classes and exceptions, and that two strings are an address too.
OF_RAY = re.compile(r'has no attribute "(remote|options|bind|cause)"|"create_connection"')
MISTAKES = [
    ("classifier.py", "poptorch.inferenceModel(", "poptorch.inferencemodel("),
    ("classifier.py", "load_model(), options)", "load_model(), opts=options)"),
    ("classifier.py", "options.replicationFactor(len(device.ipus))", "options.replicationFactor()"),
    ("classifier.py", "ConnectionType.OnDemand", "ConnectionType.Later"),
    ("classifier.py", "options.enableExecutableCaching(CACHE)", "options.enableExecutableCaching(1)"),
    ("classifier.py", "self.executor.destroy()", "self.executor.destroy(True)"),
    ("backend.py", "made.useIpuId(device.id)", "made.useIPU(device.id)"),
    ("backend.py", "(poptorch.Error, ", "(poptorch.PopTorchError, "),
    ("I5_training.py", "options.outputMode(", "options.outputmode("),
    ("I5_training.py", "optimizer=optimizer)", "optimiser=optimizer)"),
    ("I5_training.py", "self.model.copyWeightsToHost()", "self.model.copyWeights()"),
]


def complaints(folder):
    """Return what mypy says about the scripts in a folder, but for what it cannot know."""
    command = [sys.executable, "-m", "mypy", "--no-site-packages", "--ignore-missing-imports", "--check-untyped-defs"]
    # It is asked about names and arguments, not about what may be None.
    command += [f"--disable-error-code={code}" for code in ("no-redef", "union-attr", "var-annotated")]
    command += ["--no-error-summary", "--cache-dir", os.devnull]
    files = sorted(path.name for path in folder.glob("*.py") if path.name != "standin.py")
    environment = os.environ | {"MYPYPATH": str(STUBS)}
    result = subprocess.run([*command, *files], cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode in (0, 1), result.stderr
    return [line for line in result.stdout.splitlines() if ": error:" in line and not OF_RAY.search(line)]


def test_every_name_and_argument_is_poptorchs():
    assert complaints(IPU) == []


@pytest.mark.parametrize(("name", "right", "wrong"), MISTAKES)
def test_mistake_is_seen(name, right, wrong, tmp_path):
    folder = shutil.copytree(IPU, tmp_path / "ipu", ignore=shutil.ignore_patterns("__pycache__"))
    source = (folder / name).read_text()
    assert right in source
    (folder / name).write_text(source.replace(right, wrong))
    assert [line.partition(":")[0] for line in complaints(folder)] == [name]


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
