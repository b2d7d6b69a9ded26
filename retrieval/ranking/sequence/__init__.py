"""Behaviour sequences at serving time: customer vectors and next-item scores, in NumPy."""
