"""Screens as a browser draws them, every word of which is known."""
