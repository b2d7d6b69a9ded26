"""Insights for the merchant. Not built yet."""

from fastapi import APIRouter

from assistant.api.access import Admin
from assistant.api.problems import documented
from assistant.errors import NotImplementedYetError

router = APIRouter(prefix="/v1/insights", tags=["insights"])


@router.get("/{name}", responses=documented(401, 403, 501))
def read_insight(name: str, caller: Admin) -> None:
    """Sentiment trends and alerts, funnel, ranking experiments. Not built yet."""
    raise NotImplementedYetError("Insights are not built yet.")
