"""Checks a configuration for `serve deploy`: values, and keys that Ray does not know, which it ignores silently.

python -m tools.serve_config [FILE]        by default cluster/serve_config.yaml
"""

import os
import sys
import typing
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError
from ray.serve.schema import ServeDeploySchema

from tools.lessons import ROOT

DEFAULT = ROOT / "cluster" / "serve_config.yaml"


def models_in(annotation):
    """Return the pydantic models in a type such as Optional[Model] or List[Model]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in models_in(part)]


def problems_of(value, model, path=()):
    """Yield the problems of a value for a pydantic model: the path of a key, and what is wrong there."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from problems_of(item, model, (*path, number))
    if not isinstance(value, dict):
        return
    try:
        model.model_validate(value)
    except ValidationError as error:
        yield from (((*path, *line["loc"]), line["msg"]) for line in error.errors())
    for key, inner in value.items():
        field = model.model_fields.get(key)
        if field is None:
            yield (*path, key), "Ray does not know this key"
        # Ray takes some values as dicts, and validates them only when it deploys. Here they are validated, too.
        for inner_model in models_in(field.annotation) if field else ():
            yield from problems_of(inner, inner_model, (*path, key))


def problems(text):
    """Return the problems of a configuration, one a line."""
    config = yaml.safe_load(text)
    if not isinstance(config, dict):
        return ["this is not a mapping of keys to values"]
    found = problems_of(config, ServeDeploySchema)
    return list(dict.fromkeys(f"{'.'.join(map(str, path))}: {problem}" for path, problem in found))


def main(path=DEFAULT):
    """Print the problems of a file. Exits with 1 if there are any."""
    found = problems(Path(path).read_text(encoding="utf-8"))
    print("\n".join(found) or f"{os.path.relpath(path)}: no problems found")
    sys.exit(bool(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
