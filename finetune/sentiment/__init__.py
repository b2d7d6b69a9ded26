"""Training of review sentiment: a BERT, and a linear model over n-grams beside it."""
