"""What finds things in frames: the detector, its weights, and the lines that it finds in parts."""
