"""Errors of the ``assistant`` package. Codes are part of the HTTP contract (problem documents)."""


class AssistantError(Exception):
    """Base of all errors raised on purpose by ``assistant``; ``status`` is the HTTP status."""

    code = "assistant_error"
    status = 500


class ConversationNotFoundError(AssistantError):
    """Raised when a conversation does not exist, or the token does not open it."""

    code = "conversation_not_found"
    status = 404


class UnauthorizedError(AssistantError):
    """Raised when a token or API key is missing."""

    code = "unauthorized"
    status = 401


class ForbiddenError(AssistantError):
    """Raised when a token or API key is wrong or lacks the role."""

    code = "forbidden"
    status = 403


class ConversationClosedError(AssistantError):
    """Raised when a message is sent to a closed conversation."""

    code = "conversation_closed"
    status = 409


class HandoffNotFoundError(AssistantError):
    """Raised when a hand-off does not exist."""

    code = "handoff_not_found"
    status = 404


class HandoffConflictError(AssistantError):
    """Raised when a hand-off is not in a state, or not in the hands, that the call needs."""

    code = "handoff_conflict"
    status = 409


class IdempotencyConflictError(AssistantError):
    """Raised when an idempotency key comes back with another body."""

    code = "idempotency_conflict"
    status = 409


class ModelMissingError(AssistantError):
    """Raised when the intent model's weights are missing or do not fit the encoder."""

    code = "model_missing"
    status = 503


class TurnNotFoundError(AssistantError):
    """Raised when feedback names a turn that is not in the conversation."""

    code = "turn_not_found"
    status = 404


class ConversationBusyError(AssistantError):
    """Raised when an earlier message of the conversation is not answered in time."""

    code = "conversation_busy"
    status = 503


class InvalidRequestError(AssistantError):
    """Raised when a request is well-formed but asks for something that cannot be."""

    code = "invalid_request"
    status = 422

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class NotReadyError(AssistantError):
    """Raised while the shop is still loading, or where loading failed."""

    code = "not_ready"
    status = 503


class CustomerNotFoundError(AssistantError):
    """Raised when nothing at all is held about a customer."""

    code = "customer_not_found"
    status = 404


class AlarmNotFoundError(AssistantError):
    """Raised when an alarm does not exist."""

    code = "alarm_not_found"
    status = 404


class PictureNotFoundError(AssistantError):
    """Raised when there is no picture of a product."""

    code = "picture_not_found"
    status = 404


class NotImplementedYetError(AssistantError):
    """Raised by calls of the contract that are not built yet."""

    code = "not_implemented"
    status = 501
