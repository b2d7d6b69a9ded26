"""Trains the ranking models from logged behaviour."""
