"""Serves one of the models with two replicas until its standard input ends, for the benchmark.

Run:  python -m tests.support.serve_model serve_torchvision 8124
"""

import sys

import ray
from ray import serve

from tests.support.served import FIXED, MODELS

[model] = [model for model in MODELS if str(model) == sys.argv[1]]
ray.init(address="local", include_dashboard=False, log_to_driver=False, logging_level="ERROR")
serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[2])}, logging_config=model.lesson.QUIET)
serve.run(model.bind(**FIXED, max_queued_requests=1000), logging_config=model.lesson.QUIET)
sys.stdin.read()
serve.shutdown()
