"""Every second step leaves a checkpoint."""


def train_worker(config):
    """Run in the worker. A number stands in for the weights of a model."""
    weight, done = 0, 0
    if checkpoint := train.get_checkpoint():
        with checkpoint.as_directory() as folder:
            state = json.loads((Path(folder) / "state.json").read_text())
        weight, done = state["weight"], state["step"]
    for step in range(done + 1, 7):
        weight = take_step(weight, step, config["folder"])
        if step % 2:
            continue
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "state.json").write_text(json.dumps({"weight": weight, "step": step}))
            train.report({"weight": weight}, checkpoint=train.Checkpoint.from_directory(folder))
