"""The first one is delivered as soon as it is packed, the others in order."""


def deliver_all(packing, deliver):
    """Call deliver(parcel) for each parcel. `packing` is a list of references to parcels."""
    [packed], others = ray.wait(packing, num_returns=1)
    deliver(ray.get(packed))
    for reference in others:
        deliver(ray.get(reference))
