"""PopTorch is imported where it is, and what it must not do is switched off."""

import os
import subprocess
import sys

import pytest

from tools.lessons import ROOT

LISTING = "-+- Id: [0], target: [PCIe]\n"
POPTORCH = "import os\nError = type('Error', (Exception,), {})\nprint(os.environ.get('POPTORCH_IPU_MODEL'))\n"


@pytest.fixture
def import_backend(tmp_path):
    """Return a function that imports backend.py on a machine with one IPU, and returns what came of it."""

    def start(poptorch, **variables):
        (tmp_path / "gc-info").write_text(f"#!/bin/sh\necho '{LISTING}'\n")
        (tmp_path / "gc-info").chmod(0o755)
        (tmp_path / "poptorch.py").write_text(poptorch)
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        environment = os.environ | {"PATH": path, "PYTHONPATH": f"{tmp_path}:{ROOT / 'ipu'}"} | variables
        script = [sys.executable, "-c", "import backend; print(backend.NAME)"]
        return subprocess.run(script, capture_output=True, text=True, env=environment)

    return start


def test_poptorch_that_cannot_be_imported_is_an_error_and_not_a_stand_in(import_backend):
    result = import_backend("raise ImportError('the SDK is not enabled')", IPU_PRETEND="4")
    assert "DeviceError: No PopTorch in this Python (the SDK is not enabled)" in result.stderr


@pytest.mark.parametrize(("required", "name", "model"), [("0", "ipu-model", "1"), ("1", "ipu", "None")])
def test_poptorch_simulates_unless_an_ipu_is_required_and_there(import_backend, required, name, model):
    result = import_backend(POPTORCH, POPTORCH_IPU_MODEL="1", IPU_REQUIRED=required)
    assert result.stdout.splitlines() == [model, name], result.stderr
