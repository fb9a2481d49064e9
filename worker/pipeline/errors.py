"""How a video's analysis ends early."""

from config.failures import FailureCode


class PipelineError(Exception):
    """The video cannot be analysed; its job fails with `code`."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class PipelineNotReady(PipelineError):
    """No video can be analysed here: the models cannot be loaded, again and again"""
