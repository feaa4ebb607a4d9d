"""The other way round is still an order."""


def deliver_all(packing, deliver):
    """Call deliver(parcel) for each parcel. `packing` is a list of references to parcels."""
    for reference in reversed(packing):
        deliver(ray.get(reference))
