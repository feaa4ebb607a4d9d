"""Now and then it looks which parcels are packed, and delivers all of them."""


def deliver_all(packing, deliver):
    """Call deliver(parcel) for each parcel. `packing` is a list of references to parcels."""
    while packing:
        packed, packing = ray.wait(packing, num_returns=len(packing), timeout=0.1)
        for parcel in ray.get(packed):
            deliver(parcel)
