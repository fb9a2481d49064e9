"""Embedded servers and supervised processes: the whole system on one machine."""
