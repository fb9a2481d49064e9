"""The plate reader's crops, its training, and how often it is right."""
