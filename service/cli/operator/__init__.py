"""Commands of whoever runs web and workers."""
