"""Is it alive, is it ready, what are its figures."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from hub.broker import Broker
from hub.ledger import Clock, Ledger
from hub.message.errors import HubError
from hub.message.slip import Lane
from hub.watch.metrics import BROKER, LANE_SLIPS, OLDEST
from hub.web.problems import problem
from hub.wire import Standing


def router(ledger: Ledger, broker: Broker, clock: Clock) -> APIRouter:
    """Health of one hub. No personal data, so no key is asked."""
    api = APIRouter()

    @api.get("/livez")
    def alive() -> JSONResponse:
        """The process answers."""
        return JSONResponse({"status": "alive"})

    @api.get("/readyz")
    def ready() -> Response:
        """The ledger can be read, so submissions can be kept; without the broker they are kept, and done later.

        It is asked often, so nothing is counted: see /metrics for that.
        """
        try:
            ledger.next_slips_due()
        except HubError:
            return problem(503, "the ledger cannot be read", headers={"Retry-After": "2"})
        return JSONResponse({"status": "ready", "broker": broker.standing()})

    @api.get("/metrics")
    def metrics() -> Response:
        """Prometheus figures."""
        now, standing, slips = clock(), broker.standing(), ledger.slip_counts()
        for each in Standing:
            BROKER.labels(each).set(each is standing)
        for lane in Lane:
            LANE_SLIPS.labels(lane).set(slips.get(lane, 0))
        for one in ledger.undelivered():
            OLDEST.labels(one.endpoint).set((now - one.oldest_at).total_seconds())
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return api
