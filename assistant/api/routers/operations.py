"""Alive, ready, measured: for those who run the service."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from assistant.api.access import Counters
from assistant.api.loading import Loading
from assistant.api.problems import documented
from assistant.api.schemas import Readiness
from assistant.errors import NotReadyError

router = APIRouter(tags=["operations"])


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """Alive."""
    return {"status": "alive"}


@router.get("/readyz", responses=documented())
def readyz(request: Request) -> Readiness:
    """Whether store, index and models are usable; 503 with the reasons otherwise."""
    problems = _problems(request)
    reasons = "; ".join(f"{name}: {problem}" for name, problem in problems.items() if problem)
    if reasons:
        raise NotReadyError(reasons)
    return Readiness(status="ready", components=dict.fromkeys(problems, "usable"))


@router.get("/metrics")
def read_metrics(request: Request, counters: Counters) -> Response:
    """Prometheus metrics."""
    problems = _problems(request)
    for name, problem in problems.items():
        counters.ready.labels(name).set(problem is None)
    if not any(problems.values()):
        shop = _loading(request).loaded_shop()
        counters.waiting.set(len(shop.handoffs.queue("waiting")))
        counters.index_revision.set(shop.index_revision())
        counters.cache.caches = shop.rooms.finder.caches
    return Response(counters.text(), media_type=CONTENT_TYPE_LATEST)


def _loading(request: Request) -> Loading:
    found: Loading = request.app.state.loading
    return found


def _problems(request: Request) -> dict[str, str | None]:
    loading = _loading(request)
    problems = loading.problems()
    problems.setdefault("store", None)
    try:
        loading.shop.catalog.revision()
    except SQLAlchemyError:
        problems["store"] = "The database does not answer."
    return problems
