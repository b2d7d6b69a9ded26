"""Adapts product search to a catalogue: the encoder, and the order of what was found."""
