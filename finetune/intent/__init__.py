"""The shop's own intents: utterances, and the training of the shipped model."""
