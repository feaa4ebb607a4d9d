"""The servers to compare, in the order of the tables. Started by tools/compare/servers.py."""

from compare.serving.models import CORES

TOOLS = ["plain_fastapi", "tuned_fastapi", "litserve", "bentoml", "triton", "ray_serve", "ray_serve_haproxy"]
WORKERS = CORES  # model processes per server
