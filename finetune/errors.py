"""Errors of the ``finetune`` package. Every error carries a stable code."""


class FinetuneError(Exception):
    """Base of all errors raised on purpose by ``finetune``."""

    code = "finetune_error"


class TrainingDataError(FinetuneError):
    """Raised when data needed for training is missing or unusable."""

    code = "training_data_unusable"
