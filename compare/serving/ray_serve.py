"""Ray Serve: the lessons' applications, with one replica per core from the start and a longer queue.

Run:  python -m compare.serving.ray_serve PORT MODEL...
"""

import sys
import time

import ray
from ray import serve

import serve_torchvision
import serve_transformers
from compare.serving.models import CORES

FIXED = {
    "autoscaling_config": None,
    "num_replicas": CORES,
    "max_queued_requests": 1000,
    "ray_actor_options": {"num_cpus": 0.3},  # as in the image lesson: both models fit, with one thread each
}
APPLICATIONS = {
    "image": serve_torchvision.ImageModel.options(**FIXED).bind(serve_torchvision.MODEL),
    "text": serve_transformers.SentimentAnalysis.options(**FIXED).bind(serve_transformers.MODEL),
}


def main(port, names):
    """Serve the models with these names until this process is stopped."""
    ray.init(address="local", include_dashboard=False, log_to_driver=False)
    quiet = serve_torchvision.QUIET  # no access log
    serve.start(http_options={"host": "127.0.0.1", "port": port}, logging_config=quiet)
    for name in names:
        serve.run(APPLICATIONS[name], name=name, route_prefix=f"/{name}", logging_config=quiet)
    time.sleep(1_000_000)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
