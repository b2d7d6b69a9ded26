"""The conversation: understanding, dialogue, replies, hand-off, and the HTTP API over them."""
