"""The pipeline: a video in, what is in its frames out; knows nothing of jobs or servers."""
