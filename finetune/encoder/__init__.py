"""Training of the bilingual encoder."""
