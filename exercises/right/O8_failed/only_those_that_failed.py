"""Ray filters: first until none is left that has not ended, then those that failed."""


def records(delivery, ended):
    """Return Ray's records of the tasks with this name."""
    address = ray.get_runtime_context().gcs_address
    return state.list_tasks(address, filters=[("name", "=", delivery), ("state", "=", ended)], detail=True, limit=300)


def failures(delivery, weights):
    """Check all parcels, in tasks that are named after the delivery. Return the last line of each error."""
    for number, weight in enumerate(weights):
        check.options(name=delivery).remote(number, weight)
    while len(records(delivery, "FINISHED")) + len(records(delivery, "FAILED")) < len(weights):
        time.sleep(0.2)
    return [task.error_message.strip().splitlines()[-1] for task in records(delivery, "FAILED")]
