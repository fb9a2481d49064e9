"""Checks on the project's own rules."""
