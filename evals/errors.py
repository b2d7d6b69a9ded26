"""Errors of the ``evals`` package."""


class EvalError(Exception):
    """Base of all errors raised on purpose by ``evals``."""

    code = "eval_error"


class ScriptError(EvalError):
    """Raised when a dialogue script is malformed; names the file and the field."""

    code = "script_invalid"


class DataError(EvalError):
    """Raised when a data file of an eval is unreadable or lacks a column."""

    code = "data_invalid"


class ServiceError(EvalError):
    """Raised when the service under test does not answer as the contract says."""

    code = "service_failed"
