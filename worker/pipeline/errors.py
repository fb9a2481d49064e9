"""How a film's analysis ends early."""


class PipelineError(Exception):
    """The film cannot be analysed; `code` is one of the contract's error codes of failed jobs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type["PipelineError"], tuple[str, str]]:
        # Exceptions cross the pipe of the pipeline process; the default repeats only the message.
        return type(self), (self.code, self.message)
