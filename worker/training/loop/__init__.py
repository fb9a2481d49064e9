"""What every training run has in common: checkpoints, rates, and how it tells where it is."""
