"""Install requirements into the Python that runs this: with uv, or with pip where uv is missing or fails.

python -m tools.install NAME GIGABYTES FILE    for example: Ray 1 requirements-core.txt
"""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

UV = "uv==0.13.9"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
# uv does not read pip's configuration: the variables that it reads instead, and how it separates several values.
SETTINGS = {
    "index-url": ("UV_DEFAULT_INDEX", None),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "constraint": ("UV_CONSTRAINT", " "),
    "timeout": ("UV_HTTP_TIMEOUT", None),
    "default-timeout": ("UV_HTTP_TIMEOUT", None),
    "cert": ("SSL_CERT_FILE", None),
    "client-cert": ("SSL_CLIENT_CERT", None),
    "proxy": ("ALL_PROXY", None),
}
SECTIONS = "global", "install", ":env:"  # the later ones win


def pip_settings():
    """Return pip's configuration, from files and variables: a dict of names and texts."""
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True).stdout
    found = {}
    for line in listed.splitlines():
        place, _, value = line.partition("=")
        section, _, name = place.rpartition(".")
        if section in SECTIONS:
            found[SECTIONS.index(section), name] = str(ast.literal_eval(value))
    return {name: value for (_, name), value in sorted(found.items())}


def as_uv_reads_it(settings, environment):
    """Return the environment for uv: this one and pip's settings, except where the user has set uv's own variable."""
    # pip takes the best version of all its indexes, and trusts the certificates of the system.
    translated = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_SYSTEM_CERTS": "true"}
    for name, value in settings.items():
        variable, separator = SETTINGS.get(name, (None, None))
        if variable:
            translated[variable] = separator.join(value.split()) if separator else value
    return translated | environment


def find_uv():
    """Return the path of uv: the one on the path, or else one that pip installs here. None if pip cannot."""
    beside = Path(sys.executable).with_name("uv")
    if found := shutil.which("uv") or (beside.exists() and str(beside)):
        return found
    installed = subprocess.run([*PIP, "install", "--quiet", "--only-binary=:all:", UV], stderr=subprocess.DEVNULL)
    return str(beside) if installed.returncode == 0 else None


def gigabytes_of(folder):
    """Return how much a folder holds."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e9


def main(name, gigabytes, requirements):
    """Install the requirements. Exits with advice if neither uv nor pip can."""
    environment = Path(sys.prefix)
    free = shutil.disk_usage(environment).free / 1e9
    if free + gigabytes_of(environment) < float(gigabytes):
        sys.exit(
            f"{name} takes {gigabytes} GB in {environment}, where {free:.1f} GB are free. Make room and run again."
        )
    # An installation that was interrupted may have left half a package, which counts as installed.
    unfinished = environment / "unfinished"
    interrupted = unfinished.exists()
    unfinished.touch()
    print(f"Installing {name} into {environment}, {gigabytes} GB.", flush=True)

    uv, code = find_uv(), None
    if uv:
        settings = pip_settings()
        command = [uv, "pip", "install", "--python", sys.executable, "--compile-bytecode"]
        command += ["--no-index"] * (settings.get("no-index", "0").lower() in ("1", "true", "yes", "on"))
        command += ["--reinstall"] * interrupted + ["-r", requirements]
        try:
            code = subprocess.call(command, env=as_uv_reads_it(settings, dict(os.environ)))
        except OSError as error:  # a uv that cannot be started
            code = error
    if code != 0:
        why = f"uv failed ({code})" if uv else "uv is not available here"
        print(f"{why}. Now pip tries, which takes longer.", flush=True)
        code = subprocess.call([*PIP, "install", *["--force-reinstall"] * interrupted, "-r", requirements])
    if code != 0:
        sys.exit("The installation failed for the reason above. Downloads are kept: fix it and run this again.")
    unfinished.unlink()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("\nThe installation was stopped. Downloads are kept: the next run resumes.")
