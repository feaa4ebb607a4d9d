"""ray.wait() waits for all of them."""


def deliver_all(packing, deliver):
    """Call deliver(parcel) for each parcel. `packing` is a list of references to parcels."""
    packed, _ = ray.wait(packing, num_returns=len(packing))
    for parcel in ray.get(packed):
        deliver(parcel)
