"""ray.get() of a list stops at the first error."""


def failures(delivery, weights):
    """Check all parcels, in tasks that are named after the delivery. Return the last line of each error."""
    ray.get([check.options(name=delivery).remote(number, weight) for number, weight in enumerate(weights)])
    tasks = []
    while sum(task.state in ("FINISHED", "FAILED") for task in tasks) < len(weights):
        time.sleep(0.2)
        tasks = records(delivery)
    return [task.error_message.strip().splitlines()[-1] for task in tasks if task.state == "FAILED"]
