"""`make` installs with uv as pip is configured, goes on after an interruption, and leaves it to pip where uv fails."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.places import ROOT
from tools.install import as_uv_reads_it

UV = shutil.which("uv", path=f"{os.environ['PATH']}:{Path(sys.executable).parent}")


def test_settings_of_pip_are_translated_for_uv():
    settings = {
        "index-url": "https://user:secret@mirror.example/simple",
        "extra-index-url": "https://one.example/simple\nhttps://two.example/simple",
        "find-links": "/wheels\n/more-wheels",
        "trusted-host": "mirror.example",
        "cert": "/company.pem",
        "default-timeout": "180",
        "progress-bar": "off",
    }
    theirs = {"PATH": "/bin", "UV_FIND_LINKS": "/mine"}
    assert as_uv_reads_it(settings, theirs) == {
        "PATH": "/bin",
        "UV_DEFAULT_INDEX": "https://user:secret@mirror.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_FIND_LINKS": "/mine",  # what they said to uv holds
        "UV_INSECURE_HOST": "mirror.example",
        "SSL_CERT_FILE": "/company.pem",
        "UV_HTTP_TIMEOUT": "180",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_SYSTEM_CERTS": "true",
    }


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Return the folder of an environment of Python that has nothing but pip."""
    folder = tmp_path_factory.mktemp("install") / "environment"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def install(environment, tmp_path):
    """Return a function that installs a package `tiny` from a folder of wheels that only pip's configuration names."""
    (tmp_path / "wheels").mkdir()
    with zipfile.ZipFile(tmp_path / "wheels" / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny/__init__.py", "size = 1\n")
        wheel.writestr("tiny/more.py", "")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    (tmp_path / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {tmp_path}/wheels\n")

    def call(requirement="tiny==1.0", gigabytes="0.1", **variables):
        (tmp_path / "requirements.txt").write_text(requirement + "\n")
        known = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
        known |= {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "UV_CACHE_DIR": str(tmp_path / "cache")}
        known["PATH"] = f"{Path(UV).parent if UV else ''}:{known['PATH']}"
        command = [environment / "bin" / "python", "-m", "tools.install", "Tiny", gigabytes]
        return subprocess.run(
            [*command, tmp_path / "requirements.txt"], cwd=ROOT, env=known | variables, capture_output=True, text=True
        )

    subprocess.run([environment / "bin" / "pip", "uninstall", "-qy", "tiny"], capture_output=True)
    return call


def package_in(environment):
    """Return the folder of the package that `install` brings."""
    return next(environment.glob("lib/python3*/site-packages")) / "tiny"


@pytest.mark.thorough
@pytest.mark.skipif(not UV, reason="there is no uv here")
def test_uv_installs_with_the_bytecode_from_where_pip_is_told_to(install, environment):
    result = install()
    assert result.returncode == 0, result.stderr
    assert "Now pip tries" not in result.stdout
    assert list((package_in(environment) / "__pycache__").glob("more.*.pyc"))
    assert not (environment / "unfinished").exists()


@pytest.mark.thorough
@pytest.mark.skipif(not UV, reason="there is no uv here")
def test_what_an_interruption_left_in_half_is_installed_again(install, environment):
    assert install().returncode == 0
    (package_in(environment) / "more.py").unlink()
    (environment / "unfinished").touch()
    assert install().returncode == 0
    assert (package_in(environment) / "more.py").exists()


@pytest.mark.thorough
@pytest.mark.parametrize("uv", ["#!/bin/sh\nexit 2\n", "#!/no/such/interpreter\n"])
def test_pip_takes_over_where_uv_fails(install, environment, tmp_path, uv):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").write_text(uv)
    (tmp_path / "bin" / "uv").chmod(0o755)
    result = install(PATH=f"{tmp_path}/bin:{os.environ['PATH']}")
    assert result.returncode == 0, result.stderr
    assert "Now pip tries, which takes longer." in result.stdout
    assert (package_in(environment) / "more.py").exists()


@pytest.mark.thorough
def test_pip_takes_over_where_there_is_no_uv(install, environment, tmp_path):
    result = install(PATH=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "uv is not available here. Now pip tries" in result.stdout


@pytest.mark.thorough
def test_failure_says_what_to_do_and_the_next_call_goes_on(install, environment):
    failed = install("tiny==2.0")
    assert failed.returncode == 1
    assert failed.stderr.endswith("Downloads are kept: fix it and run this again.\n")
    assert install().returncode == 0


@pytest.mark.thorough
def test_a_disk_that_is_too_small_is_refused_before_anything_is_downloaded(install, environment):
    result = install(gigabytes="1000000")
    assert result.returncode == 1
    assert "Tiny takes 1000000 GB in" in result.stderr
    assert "GB are free. Make room and run again." in result.stderr
    assert not package_in(environment).exists()
