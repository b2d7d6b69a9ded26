"""Learns what comes next from behaviour; serves through ``retrieval.ranking.sequence``."""
