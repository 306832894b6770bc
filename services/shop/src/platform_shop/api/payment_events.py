"""`/api/shop/payments`: signed events of payment providers. The endpoint is public; the signature authenticates."""

from __future__ import annotations

import time
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from platform_common.openapi import json_body
from platform_common.problems import NotFound, PayloadInvalid, field_error
from platform_database.dependencies import Session
from platform_database.idempotency.stored_response import StoredResponse
from platform_shop.api.dependencies import ServicesDep
from platform_shop.api.openapi import problems
from platform_shop.money import Money
from platform_shop.payments.provider import FailureReason, OutcomeReport, PaymentOutcome
from platform_shop.payments.signatures import HEADER, check

router = APIRouter(prefix="/api/shop/payments", tags=["payments"])

JSON = "application/json"


class PaymentEventBody(BaseModel):
    """The outcome of a payment. Providers may send further fields."""

    model_config = ConfigDict(strict=True)

    id: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]
    type: Literal["payment.paid", "payment.failed", "payment.refunded"]
    payment_id: UUID
    amount: Money
    # The reason of a failed payment; unknown reasons count as `other`.
    reason: Annotated[str | None, Field(max_length=64, examples=["card-declined"])] = None

    @property
    def report(self) -> OutcomeReport:
        """The outcome of the payment in the event."""
        outcome = PaymentOutcome(self.type)
        return OutcomeReport(outcome, FailureReason.parse(self.reason) if outcome is PaymentOutcome.FAILED else None)


class EventReceipt(BaseModel):
    """The event was accepted; `repeated` if it had been accepted before."""

    id: str
    repeated: bool


@router.post(
    "/{provider}/events",
    responses={200: {"model": EventReceipt}, **problems(400, 404, 413, 422, 503)},
    response_class=Response,
    openapi_extra=json_body(PaymentEventBody),
)
async def receive_payment_event(
    provider: str,
    request: Request,
    services: ServicesDep,
    session: Session,
    x_signature: Annotated[
        str, Header(alias=HEADER, description="`t=<seconds>,v1=<hex>`: HMAC-SHA-256 of `<t>.<body>`.")
    ] = "",
) -> Response:
    """Accept a provider's event about a payment, once per event."""
    if provider not in services.providers:
        raise NotFound("The payment provider does not exist.")
    body = await request.body()
    # Nothing of it is read before that.
    check(services.settings.payment_webhook_secret, x_signature, body, time.time())
    try:
        event = PaymentEventBody.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise PayloadInvalid("The request body is invalid.", errors=[field_error(item) for item in faults]) from None
    taken = await services.payments.apply_event(
        session, provider, event.id, event.payment_id, event.report,
        amount=event.amount.amount, currency=event.amount.currency,
    )  # fmt: skip
    await session.commit()
    services.outbox.after_commit(session)
    receipt = EventReceipt(id=event.id, repeated=not taken)
    return StoredResponse(200, {"Content-Type": JSON}, receipt.model_dump_json().encode()).to_response()
