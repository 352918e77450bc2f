"""The web application over one hub."""

from __future__ import annotations

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from hub.broker import Broker
from hub.flow import Flow
from hub.message.errors import Unavailable
from hub.settings import Settings
from hub.web import health, reads, soap, submit
from hub.web.access import Access
from hub.web.entrance import Entrance
from hub.web.problems import problem

log = structlog.get_logger()


def create_health(flow: Flow, broker: Broker) -> FastAPI:
    """Health and figures alone, for a process without doors."""
    app = FastAPI(title="CJ Hub", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(health.router(flow, broker))
    return app


def create_app(flow: Flow, settings: Settings, broker: Broker) -> FastAPI:
    """Every route of the hub. An error that nobody foresaw is logged as a defect and answered without its text."""
    app = FastAPI(title="CJ Hub", version="1", docs_url=None, redoc_url=None)
    access = Access(flow.ledger)
    entrance = Entrance(access, settings)
    app.include_router(submit.router(flow, entrance))
    app.include_router(soap.router(flow, entrance))
    app.include_router(reads.router(flow, access))
    app.include_router(health.router(flow, broker))

    @app.exception_handler(Unavailable)
    def away(request: Request, cause: Exception) -> Response:
        return problem(503, "the hub cannot answer now: try again shortly", headers={"Retry-After": "2"})

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, cause: Exception) -> Response:
        return problem(422, "the request itself is wrong: see /openapi.json for what it takes")

    @app.exception_handler(Exception)
    def defect(request: Request, cause: Exception) -> Response:
        log.error("defect", step="web", kind=type(cause).__name__)
        return problem(500, "a defect of the hub: it was logged; nothing is lost that a receipt was given for")

    return app
