"""The pipeline in a process of its own: its end (`python -m worker.process`), and the worker's."""
