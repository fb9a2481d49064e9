"""The pipeline: a video in, what is in its frames out; knows nothing of jobs or servers."""

import sys

# OpenVINO sends usage to its makers when it is imported, and writes an id into the user's home; it
# goes without where the package that does so cannot be imported.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
