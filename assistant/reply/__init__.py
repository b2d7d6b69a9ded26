"""Words: phrases, money, cards and reasons, rendered from records and never invented."""
