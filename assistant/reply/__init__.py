"""Words: phrases, money, cards and reasons. Everything said is rendered from records, never invented."""
