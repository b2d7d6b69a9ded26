"""One router per noun of the HTTP contract."""
