"""Training of text classifiers on any Transformer body."""
