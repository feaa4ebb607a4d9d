"""Jobs: the cluster runs your script and keeps its log and its status, so you can disconnect once it is submitted.

Run:   python cluster/jobs.py
Docs:  https://docs.ray.io/en/latest/cluster/running-applications/job-submission/index.html
"""

import asyncio
import os
import sys
import time
from pathlib import Path

import ray
from ray.job_submission import JobStatus, JobSubmissionClient

PATTERNS = Path(__file__).resolve().parent.parent / "patterns"
PYTHON = f"'{sys.executable}'"  # on several machines, write python: this path may not exist there


async def follow(client, job):
    """Print the log of a job until the job ends."""
    async for text in client.tail_job_logs(job):
        print(text, end="", flush=True)


def ended(client, job):
    """Wait for a job to end, and return what the cluster knows about it."""
    while not (info := client.get_job_info(job)).status.is_terminal():
        time.sleep(0.2)
    return info


def main():
    # You submit jobs to a cluster's dashboard. Unless RAY_ADDRESS names a cluster, this starts one on your machine.
    cluster = ray.init(address=os.environ.get("RAY_ADDRESS") or "local")
    client = JobSubmissionClient(f"http://{cluster.dashboard_url}")

    # Ray uploads the folder, except for files listed in its .gitignore. A job's tasks reserve CPUs, its script none.
    job = client.submit_job(entrypoint=f"{PYTHON} tree_reduction.py", runtime_env={"working_dir": str(PATTERNS)})
    asyncio.run(follow(client, job))
    # -> ... Runtime env is setting up.
    # -> Running entrypoint for job raysubmit_...: '...' tree_reduction.py
    # -> ... Connecting to existing Ray cluster at address: ...
    # -> ... Connected to Ray cluster. View the dashboard at ...
    # -> in_a_tree: 120 after 4 steps, in ... seconds
    # -> in_a_chain: 120 after 15 steps, in ... seconds
    print("status:", ended(client, job).status)
    # -> status: SUCCEEDED

    # Any command can be a job. Stopping a job also ends its tasks, and its actors unless they are detached.
    endless = client.submit_job(entrypoint="sleep 600")
    while client.get_job_status(endless) == JobStatus.PENDING:
        time.sleep(0.2)
    client.stop_job(endless)
    print("status:", ended(client, endless).status)
    # -> status: STOPPED

    # The message of a failed job ends with the last lines of its log.
    broken = client.submit_job(entrypoint=f"{PYTHON} -c 'import no_such_module'")
    failed = ended(client, broken)
    print("status:", failed.status, "because:", failed.message.splitlines()[-1])
    # -> status: FAILED because: ModuleNotFoundError: No module named 'no_such_module'


if __name__ == "__main__":
    main()
