"""Every error a user can meet. A message names the table or job, what is wrong and what to change."""


class ResonanceError(Exception):
    """The base of all errors that are shown as one line, without a stack trace."""


class ConfigError(ResonanceError):
    """A setting is unknown, missing or out of range."""


class WiringError(ResonanceError):
    """A job and its function do not fit each other; raised where the job is declared."""


class InputError(ResonanceError):
    """A source cannot be read, or holds nothing that could be used."""


class StorageError(ResonanceError):
    """Object storage refuses what is asked, or does not answer."""


class ContractError(ResonanceError):
    """A table and its contract disagree, or rows break a rule of it."""


class ConservationError(ResonanceError):
    """Rows were lost or doubled between two steps."""


class GateError(ResonanceError):
    """A dataset did not pass a gate, and settings say that no job behind it starts."""


class TrainError(ResonanceError):
    """Training or scoring could not run, or its events do not match its plan."""


class SetupError(ResonanceError):
    """The machine lacks something: Java, jars, Horovod, slots, disk."""


class KernelError(ResonanceError):
    """A kernel broke on a row, or yields other types than it declares; the message names the row, never its text."""


class BusyError(ResonanceError):
    """Another process writes into the workspace."""


class EngineError(ResonanceError):
    """The engine cannot do what is asked on this machine: memory, disk, or its own end."""
