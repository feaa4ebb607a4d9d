"""A reference has a future, and Python waits for futures as they complete."""

from concurrent.futures import as_completed


def deliver_all(packing, deliver):
    """Call deliver(parcel) for each parcel. `packing` is a list of references to parcels."""
    for future in as_completed([reference.future() for reference in packing]):
        deliver(future.result())
