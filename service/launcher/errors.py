"""What keeps the system from running on this machine, each told in one line."""


class CannotStart(Exception):
    """The system cannot be started here"""


class ServerEnded(CannotStart):
    """An embedded server has ended by itself"""


class EmbeddedServersError(Exception):
    """The embedded servers cannot run"""


class ProcessRefused(CannotStart):
    """A process says that it cannot run"""


class Ended(KeyboardInterrupt):
    """Somebody asked the launcher to end, by Ctrl-C or a signal"""

    # Of the one kind that an event loop lets out of whatever it is doing.
