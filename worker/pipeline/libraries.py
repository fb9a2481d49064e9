"""The model libraries, imported the one way that keeps them quiet, offline and repeatable.

Everything of ours that needs torch or ultralytics takes it from here, because both read the
environment once, while they are imported.
"""

import os
import shutil
from collections.abc import Callable
from tempfile import mkdtemp
from typing import Any

os.environ["YOLO_OFFLINE"] = "true"
os.environ["YOLO_AUTOINSTALL"] = "false"
os.environ["YOLO_VERBOSE"] = "false"
os.environ["ULTRALYTICS_SAFE_LOAD"] = "true"
# It writes its settings there while it is imported, and otherwise to the user's home.
os.environ["YOLO_CONFIG_DIR"] = mkdtemp(prefix="forgesyte-ultralytics-")
# CUDA's matrix library repeats its sums in the same order only with a workspace of fixed size.
os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
os.environ.pop("OMP_THREAD_LIMIT", None)

import torch
import ultralytics
from ultralytics.nn import tasks
from ultralytics.utils import nms as suppression

shutil.rmtree(os.environ["YOLO_CONFIG_DIR"], ignore_errors=True)
# Tesseract is fastest on one thread a process; set only now, because torch would obey it as well.
os.environ["OMP_THREAD_LIMIT"] = "1"

load_checkpoint: Callable[..., Any] = tasks.load_checkpoint
non_max_suppression: Callable[..., list[torch.Tensor]] = suppression.non_max_suppression
nms: Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor] = suppression.TorchNMS.nms

__all__ = ["load_checkpoint", "nms", "non_max_suppression", "torch", "ultralytics"]
