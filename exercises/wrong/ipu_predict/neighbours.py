"""Any two neighbours compute together."""

PAIRED = ["waits", "no device", "computes", "computes"]
