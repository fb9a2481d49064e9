"""Stored results on their way out: all or some of their frames, in the format that is asked for."""
