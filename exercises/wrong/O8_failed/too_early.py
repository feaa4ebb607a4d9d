"""Asks for all records, but right away."""


def failures(delivery, weights):
    """Check all parcels, in tasks that are named after the delivery. Return the last line of each error."""
    for number, weight in enumerate(weights):
        check.options(name=delivery).remote(number, weight)
    tasks = records(delivery)
    return [task.error_message.strip().splitlines()[-1] for task in tasks if task.state == "FAILED"]
