"""Wake-ups: they carry a job id to a worker and decide nothing."""
