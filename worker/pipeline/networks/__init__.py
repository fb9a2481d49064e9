"""Runs the networks that find and read: on the CPU's cores through OpenVINO, on a card by torch."""
