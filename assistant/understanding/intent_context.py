"""What the intent model is told about the conversation besides the message itself."""

from pydantic import BaseModel, ConfigDict


class IntentContext(BaseModel):
    """The same words mean different things at different moments: "black", "yes", "the second"."""

    model_config = ConfigDict(frozen=True)

    has_shown: bool = False
    """Whether products are on the screen."""
    pending: str | None = None
    """The kind of question that the assistant has just asked; any name will do."""
    has_constraints: bool = False
    """Whether something is being looked for already."""

    def before(self, text: str) -> str:
        """``text`` with the context in words before it, as the model was trained to read it."""
        words = ["asked"] if self.pending else []
        if self.has_shown:
            words.append("shown")
        elif self.has_constraints:
            words.append("wanted")
        return f"{' '.join(words)} | {text}" if words else text
