"""Everything that turns a wish into a ranked list: catalogue, index, search, ranking, reviews.

Nothing in this package imports from ``assistant``, ``ui``, ``evals`` or ``finetune``.
"""
