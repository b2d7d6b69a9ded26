"""Evals: scripted dialogues, and the figures behind every claim of quality or speed."""
