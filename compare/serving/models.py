"""The two models and the lessons' settings, shared by all servers."""

import os

from compare import models

CORES = os.cpu_count()
BATCH = 16  # texts per model call. Images are classified one at a time: on a CPU, batching them gains nothing.
LOAD = {"image": models.load_image, "text": models.load_text}
