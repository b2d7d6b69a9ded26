"""The HTTP application over a shop."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from assistant.api.keys import ApiKeys
from assistant.api.limit import BodyLimit
from assistant.api.loading import Loading
from assistant.api.metrics import CountRequests, Metrics
from assistant.api.ports import ApiShop
from assistant.api.problems import Problem, install_problems
from assistant.api.routers import (
    campaigns,
    catalog,
    conversations,
    customers,
    events,
    experiments,
    handoffs,
    insights,
    media,
    operations,
    products,
    recommendations,
    search,
)
from assistant.api.security import SecurityHeaders
from retrieval.events.event import Event

ROUTERS = (
    conversations.router,
    events.router,
    products.router,
    recommendations.router,
    search.router,
    customers.router,
    handoffs.router,
    catalog.router,
    insights.router,
    campaigns.router,
    experiments.router,
    operations.router,
    media.router,
)
GRACE_S = 10.0
"""How long the end waits for loading that is still under way."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def create_app(shop: ApiShop) -> FastAPI:
    """The application; it answers at once and loads ``shop`` in the background when it starts."""
    metrics = Metrics()
    loading = Loading(shop)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loading.start()
        yield
        if app.state.feed is not None:
            await app.state.feed.close()
        await run_in_threadpool(loading.wait, GRACE_S)
        shop.close()

    app = FastAPI(
        title="Shopkeeper",
        version="1",
        description="A conversational shopping assistant, version 1 of its HTTP contract.",
        lifespan=lifespan,
        docs_url=None,  # they load scripts from a network of others
        redoc_url=None,
    )
    app.state.metrics = metrics
    app.state.loading = loading
    app.state.keys = ApiKeys.load(shop.settings)
    app.state.feed = None
    install_problems(app)
    for router in ROUTERS:
        app.include_router(router)
    own_routes = list(app.router.routes)

    @app.api_route("/v1/{rest:path}", methods=list(METHODS), include_in_schema=False)
    async def unknown_call(request: Request) -> None:
        """Keeps ``/v1`` from whatever is mounted at ``/`` later."""
        allowed = allowed_methods(own_routes, request)
        if allowed:
            headers = {"Allow": ", ".join(allowed)}
            raise HTTPException(405, "The call does not take this method.", headers)
        raise HTTPException(404, "There is no such call.")

    app.add_middleware(BodyLimit, most_bytes=shop.settings.max_body_bytes)
    app.add_middleware(CountRequests, metrics=metrics)
    app.add_middleware(SecurityHeaders)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def allowed_methods(routes: Iterable[BaseRoute], request: Request) -> list[str]:
    """The methods that a path takes."""
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes
        )
    ]


def _openapi(app: FastAPI) -> dict[str, object]:
    """The OpenAPI document, with the records that only its references name."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        _, named = models_json_schema(
            [(Problem, "serialization"), (Event, "validation")],
            ref_template="#/components/schemas/{model}",
        )
        document["components"]["schemas"] |= named["$defs"]
        app.openapi_schema = document
    return app.openapi_schema
