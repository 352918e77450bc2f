"""Is it alive, is it ready, what are its figures.

Rule: not ready means that nothing new could be kept here. What only delays the work is told, and does not close doors.
"""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from hub.broker import Broker
from hub.flow import Flow
from hub.message.errors import HubError
from hub.web.figures import shown
from hub.web.problems import problem


def router(flow: Flow, broker: Broker) -> APIRouter:
    """Health of one hub. No personal data, so no key is asked."""
    api = APIRouter()

    @api.get("/livez")
    def alive() -> JSONResponse:
        """The process answers."""
        return JSONResponse({"status": "alive"})

    @api.get("/readyz")
    def ready() -> Response:
        """The ledger answers and there is room, so submissions can be kept; without the broker they are done later."""
        failing = {}
        try:
            flow.ledger.ping()
        except HubError:
            failing["ledger"] = "the ledger cannot be read"
        if (words := flow.room.short) is not None:
            failing["disk"] = words
        if failing:
            return problem(503, "; ".join(failing.values()), headers={"Retry-After": "2"}, failing=list(failing))
        free = flow.room.free_percent()
        disk = {} if free is None else {"disk_free_percent": round(free, 1)}
        return JSONResponse({"status": "ready", "ledger": "up", "broker": broker.standing(), **disk})

    @api.get("/metrics")
    def metrics() -> Response:
        """Prometheus figures: what this process did, and what the ledger says stands and waits."""
        return Response(generate_latest() + shown(flow, broker), media_type=CONTENT_TYPE_LATEST)

    return api
