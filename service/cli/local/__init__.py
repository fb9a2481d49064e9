"""Commands that run the whole system on this machine."""
