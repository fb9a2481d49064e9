"""The smoke test: a real video through a whole system."""
