"""Makes, trains and measures the detector that ships in ``worker/weights``."""
