"""`serve run` keeps an application up, and what the README tells its readers to type is answered as it says."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.support.pages import BLOCKS
from tests.support.places import wait_until
from tests.support.served import SESSION
from tools.lessons import ROOT, differences

pytestmark = pytest.mark.thorough

# Blocks that begin with `serve run`, each with the block of output that follows it.
BLOCKS_TO_RUN = [
    pytest.param(text, answer, id=text.split()[2])
    for (language, _, text), (_, _, answer) in zip(BLOCKS, BLOCKS[1:])
    if language == "sh" and text.startswith("serve run ")
]


def answers(url):
    """Tell whether the application is up: until it is, nobody listens, or Serve knows no such address."""
    try:
        return SESSION.get(url, timeout=30).status_code != 404
    except requests.ConnectionError:
        return False


def listens(port):
    """Tell whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(("commands", "said"), BLOCKS_TO_RUN)
def test_serve_run_keeps_it_up_until_ctrl_c(commands, said, place):
    try:
        wait_until(lambda: not listens(8000))  # a first run of a lesson in the other process of the tests may hold it
    except AssertionError:
        pytest.skip("port 8000, the only one that `serve run` takes, is in use on this machine")
    assert shutil.which("curl"), "the README's lines need curl"
    serve_run, *curls = commands.splitlines()
    command = [Path(sys.executable).with_name("serve"), *shlex.split(serve_run)[1:]]
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(
            command, cwd=ROOT, env=place.environment(), stdout=nowhere, stderr=nowhere, start_new_session=True
        )
    wait_until(lambda: process.poll() is not None or answers("http://127.0.0.1:8000/docs"), patience=120)
    assert process.poll() is None
    came = ""
    for curl in curls:
        came += subprocess.run(shlex.split(curl), cwd=ROOT, capture_output=True, text=True, timeout=30).stdout
        came += "" if came.endswith("\n") else "\n"
    assert differences(said.splitlines(), came.splitlines()) == []

    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(40) == 0
    assert place.leftovers() == []


def test_serve_build_writes_a_file_that_listens_on_all_interfaces(place):
    command = [
        Path(sys.executable).with_name("serve"),
        "build",
        "serve_torchvision:app",
        "-o",
        place.work / "serve.yaml",
    ]
    subprocess.run(command, cwd=ROOT, env=place.environment(), capture_output=True, check=True, timeout=60)
    built = (place.work / "serve.yaml").read_text()
    assert "host: 0.0.0.0" in built
    assert "import_path: serve_torchvision:app" in built


def test_the_page_shows_this_for_every_lesson_that_serves():
    shown = {block.values[0].split()[2].partition(":")[0] for block in BLOCKS_TO_RUN}
    assert shown == {path.stem for path in ROOT.glob("*.py") if "serve.deployment" in path.read_text()}
