"""How many model processes each server has, for the record of a run."""

from compare.serving.models import CORES

WORKERS = CORES
