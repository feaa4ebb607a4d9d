"""Takes the README's picture of the dashboard with Chromium, a package on Debian and Ubuntu.

python -m tools.screenshot    writes imgs/dashboard.png
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

# The browser cannot enter the token. Ray reads this before it starts.
os.environ["RAY_AUTH_MODE"] = "disabled"
import ray

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or sys.exit("This needs Chromium.")
PICTURE = Path(__file__).parent.parent / "imgs" / "dashboard.png"


@ray.remote
def weigh(parcel):
    """Return the weight of a parcel. Raises ValueError if the scale shows nothing."""
    time.sleep(1.5)
    if parcel == 3:
        raise ValueError(f"parcel {parcel} weighs nothing")
    return 1.5 * parcel


def main():
    """Run some tasks, and take the picture while the last of them run."""
    context = ray.init(address="local", num_cpus=2)
    tasks = [weigh.remote(parcel) for parcel in range(16)]
    ray.wait(tasks, num_returns=8)
    page = f"http://{context.dashboard_url}/#/jobs/{ray.get_runtime_context().get_job_id()}"
    options = [
        "--headless",
        "--no-sandbox",
        "--hide-scrollbars",
        "--window-size=1200,550",
        "--virtual-time-budget=9000",
    ]
    subprocess.run([CHROMIUM, *options, f"--screenshot={PICTURE}", page], check=True, timeout=60, capture_output=True)
    ray.wait(tasks, num_returns=len(tasks))


if __name__ == "__main__":
    main()
