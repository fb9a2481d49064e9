"""The detector's network, what it learns from, and its training."""
