"""What a handler of a page gives back."""

from typing import Any

import gradio as gr

Changes = dict[Any, Any]
"""Component → its new value or properties; components not named stay as they are."""

NOTHING: Changes = gr.skip()
"""Changes nothing."""
