"""Scripted dialogues: what a shopper says, and what must hold of every answer."""
