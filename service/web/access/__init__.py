"""Who asks, whether they may, and how much of it at once."""
