"""The worker process: takes jobs, runs the pipeline, stores results."""
