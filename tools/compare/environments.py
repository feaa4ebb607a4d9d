"""Environments for the peers: each has its own packages, and finds all others in the current environment.

This avoids a second copy of torch, lets peers use other versions than Ray, and leaves .venv unchanged.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path

from tools.lessons import ROOT

COMPARE = ROOT / "compare"
REQUIREMENTS = {  # the files, and the gigabytes of their packages
    "peers": ("requirements.txt", 2),
    "serving": ("requirements-serving.txt", 0.5),
    "bentoml": ("requirements-bentoml.txt", 0.5),
    "triton": ("requirements-triton.txt", 0.5),
}


def python_of(name, base=sys.executable):
    """Return an environment's Python. Creates the environment if it is missing or its requirements have changed.

    Args:
        name: A key of REQUIREMENTS.
        base: The Python to create it with. Its minor version must match that of the current Python.

    Raises:
        subprocess.CalledProcessError: The installation failed. The reason has been printed.
    """
    file, gigabytes = REQUIREMENTS[name]
    requirements = COMPARE / file
    environment = COMPARE / f".venv-{name}"
    python = environment / "bin" / "python"
    installed = environment / "installed.txt"  # the installed requirements
    if not installed.exists() or installed.read_text() != requirements.read_text():
        subprocess.run([base, "-m", "venv", environment], check=True)
        command = [python, "-m", "tools.install", f"the peers ({file})", str(gigabytes), requirements]
        subprocess.run(command, cwd=ROOT, check=True)
        site_packages = environment / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
        # Python searches the folders in a .pth file last.
        (site_packages / "the_tour.pth").write_text(sysconfig.get_path("purelib") + "\n")
        installed.write_text(requirements.read_text())
    return str(python)
