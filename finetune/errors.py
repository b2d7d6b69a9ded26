"""Errors of the ``finetune`` package. Every error carries a stable code."""


class FinetuneError(Exception):
    """Base of all errors raised on purpose by ``finetune``."""

    code = "finetune_error"


class TrainingDataError(FinetuneError):
    """Raised when data needed for training is missing or unusable."""

    code = "training_data_unusable"


class RegistryError(FinetuneError):
    """Raised when a model or version asked for is not in the registry, or its files are damaged."""

    code = "registry_invalid"


class WorseModelError(FinetuneError):
    """Raised when a model would be promoted over a better one."""

    code = "model_worse"
