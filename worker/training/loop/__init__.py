"""What every training has in common: the loop, checkpoints, rates, measures, taking turns."""
