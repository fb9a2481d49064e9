"""Reads the text in frames: crops, engines, and the nodes that use them."""
