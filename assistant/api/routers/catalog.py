"""Feeds over HTTP. Not built yet; ``shopkeeper import`` does it on the command line."""

from fastapi import APIRouter

from assistant.api.access import Admin
from assistant.api.problems import documented
from assistant.errors import NotImplementedYetError

router = APIRouter(prefix="/v1/catalog", tags=["catalog"])

_LATER = "Importing over HTTP is not built yet; use `shopkeeper import`."


@router.post("/import", responses=documented(401, 403, 501))
def import_feed(caller: Admin) -> None:
    """Import a feed. Not built yet."""
    raise NotImplementedYetError(_LATER)


@router.get("/jobs/{job_id}", responses=documented(401, 403, 501))
def read_job(job_id: str, caller: Admin) -> None:
    """Progress and error report of an import. Not built yet."""
    raise NotImplementedYetError(_LATER)
