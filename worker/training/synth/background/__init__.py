"""What is behind and around text, and holds none: surfaces, clutter, cars, look-alikes."""
