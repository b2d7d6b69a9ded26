"""Errors as problem documents (RFC 9457), each with a stable code and never with a stack trace."""

import json
import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from starlette.exceptions import HTTPException

from assistant.errors import AssistantError, InvalidRequestError
from retrieval.errors import (
    CampaignNotFoundError,
    ExperimentConflictError,
    ExperimentNotFoundError,
    IndexLockedError,
    IndexNotReadyError,
    ProductNotFoundError,
    RetrievalError,
    StoreError,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = "2"

_RETRIEVAL_STATUS: dict[type[RetrievalError], int] = {
    ProductNotFoundError: 404,
    CampaignNotFoundError: 404,
    ExperimentNotFoundError: 404,
    ExperimentConflictError: 409,
    IndexNotReadyError: 503,
    IndexLockedError: 503,
    StoreError: 503,
}
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


class FieldProblem(BaseModel):
    """What is wrong with one field of a request."""

    field: str = Field(description="Where, e.g. `text` or `[3].type`.")
    reason: str


class Problem(BaseModel):
    """A problem document."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable; for programs to decide by.")
    errors: list[FieldProblem] | None = Field(None, description="Per field, with status 422.")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that may fail with ``statuses``, for the OpenAPI document."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: schema}}
        for status in (*statuses, 422, 500, 503)
    }


def problem_of(error: Exception) -> Problem:
    """The problem document that tells of ``error``."""
    match error:
        case InvalidRequestError():
            errors = [FieldProblem(field=error.field, reason=error.reason)]
            found = _problem(error.status, error.code, str(error), errors)
        case AssistantError():
            found = _problem(error.status, error.code, str(error))
        case RetrievalError():
            of_kind = (s for kind, s in _RETRIEVAL_STATUS.items() if isinstance(error, kind))
            found = _problem(next(of_kind, 500), error.code, str(error))
        case RequestValidationError():
            errors = [_field_problem(e["loc"], e["msg"]) for e in error.errors()]
            detail = "; ".join(f"{e.field}: {e.reason}" for e in errors[:5])
            found = _problem(422, InvalidRequestError.code, detail, errors)
        case HTTPException():
            code = _HTTP_CODES.get(error.status_code, "bad_request")
            found = _problem(error.status_code, code, str(error.detail))
        case DataError():  # PostgreSQL takes no NUL, and no text longer than its column
            found = _problem(422, InvalidRequestError.code, "A value cannot be stored.")
        case OperationalError() | InterfaceError():
            found = _problem(503, StoreError.code, "The database does not answer.")
        case _:
            found = _problem(500, "internal_error", "Something went wrong here; it is in the log.")
    return found


def problem_response(error: Exception) -> Response:
    """``error`` as an HTTP response."""
    problem = problem_of(error)
    headers = dict(getattr(error, "headers", None) or {})
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.status == 503:
        headers["Retry-After"] = RETRY_AFTER_S
    # ASCII only: a field's name comes from the request and may hold half a surrogate pair.
    body = json.dumps(problem.model_dump(exclude_none=True))
    return Response(body, problem.status, headers, MEDIA_TYPE)


def install_problems(app: FastAPI) -> None:
    """Answer every error of ``app`` with a problem document."""

    async def answer(request: Request, error: Exception) -> Response:
        response = problem_response(error)
        if response.status_code >= 500 and not isinstance(error, AssistantError):
            log.error("%s %s failed.", request.method, request.url.path, exc_info=error)
        return response

    for kind in (
        AssistantError,
        RetrievalError,
        RequestValidationError,
        HTTPException,
        DataError,
        OperationalError,
        InterfaceError,
        Exception,
    ):
        app.add_exception_handler(kind, answer)


def _problem(
    status: int, code: str, detail: str, errors: list[FieldProblem] | None = None
) -> Problem:
    return Problem(
        type=f"urn:shopkeeper:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        errors=errors,
    )


def _field_problem(loc: tuple[int | str, ...], reason: str) -> FieldProblem:
    parts = loc[1:] if loc and loc[0] in ("body", "query", "path", "header") else loc
    field = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in parts).lstrip(".")
    return FieldProblem(field=field or str(loc[0] if loc else "body"), reason=reason)
