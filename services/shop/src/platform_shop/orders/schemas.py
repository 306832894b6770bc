"""Request and response bodies of orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from platform_common.display_text import clean_line, filled_line
from platform_common.payload import Payload, with_example
from platform_common.postal_address import AddressFault, is_country, normalize_phone, normalize_postal_code
from platform_shop.languages import Language
from platform_shop.money import Money
from platform_shop.orders.models import Order, OrderLine, OrderState, is_payable
from platform_shop.payments.fake_provider import FakePaymentToken
from platform_shop.payments.provider import FailureReason

Line = Annotated[str, Field(max_length=200), AfterValidator(clean_line)]
NeededLine = Annotated[str, Field(max_length=200), AfterValidator(filled_line)]


class Address(Payload):
    """The delivery address. Formats depend on `country`; `postal_code` is empty for countries without postal codes."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["KR"])]
    recipient: Annotated[NeededLine, Field(max_length=100)]
    phone: Annotated[str, Field(max_length=40, examples=["010-1234-5678", "+1 650-253-0000"])]
    postal_code: Annotated[str, Field(max_length=20, examples=["04524"], validate_default=True)] = ""
    line1: NeededLine
    line2: Line = ""
    city: Annotated[NeededLine, Field(max_length=100)]

    @field_validator("country")
    @classmethod
    def _check_country(cls, country: str) -> str:
        if not is_country(country):
            raise PydanticCustomError("country_unknown", "Enter the two letters of a country (ISO 3166-1), such as KR.")
        return country

    @field_validator("phone")
    @classmethod
    def _normalize_phone(cls, phone: str, info: ValidationInfo) -> str:
        return _as_in(info, phone, normalize_phone)

    @field_validator("postal_code")
    @classmethod
    def _normalize_postal_code(cls, postal_code: str, info: ValidationInfo) -> str:
        return _as_in(info, postal_code, normalize_postal_code)


def _as_in(info: ValidationInfo, text: str, normalize: Callable[[str, str], str]) -> str:
    country = info.data.get("country")
    if country is None:
        # The country is the fault that is reported.
        return text
    try:
        return normalize(text, country)
    except AddressFault as fault:
        # The text has no braces, which pydantic would fill.
        raise PydanticCustomError(fault.code.replace("-", "_"), str(fault)) from None


class PaymentChoice(Payload):
    """The payment method. `test` is the provider that charges no money; its token selects the outcome."""

    method: Literal["test"]
    # The text of a token is converted; JSON has no type for it.
    token: Annotated[FakePaymentToken, Field(strict=False)]


class OrderCreation(Payload):
    """An order of the cart as displayed (`cart_version`), for the displayed total."""

    model_config = with_example(
        {
            "address": {
                "country": "KR", "recipient": "김하나", "phone": "010-1234-5678", "postal_code": "04524",
                "line1": "세종대로 110", "city": "서울",
            },
            "payment": {"method": "test", "token": "ok"},
            "expected_total": {"amount": 12900, "currency": "KRW"},
            "cart_version": 3,
        }
    )  # fmt: skip

    address: Address
    payment: PaymentChoice
    expected_total: Money
    cart_version: Annotated[int, Field(ge=0)]


class OrderChange(Payload):
    """Where an order is to be next on its way."""

    model_config = with_example({"state": "shipped"})

    state: Literal["shipped", "delivered"]


StateName = Literal["pending", "paid", "shipped", "delivered", "cancelled"]


class OrderLineView(BaseModel):
    """A line, as it was named and priced when it was ordered."""

    variant_id: UUID
    product_name: str
    product_slug: str
    variant_name: str
    unit_price: Money
    quantity: int
    line_total: Money


class PaymentView(BaseModel):
    """The latest attempt to pay an order. `failure_reason` is there when it failed."""

    method: str
    state: Literal["pending", "paid", "failed", "cancelled", "expired", "refunding", "refunded"]
    failure_reason: FailureReason | None


class Step(BaseModel):
    """A change of the order's state."""

    state: StateName
    at: datetime


class OrderView(BaseModel):
    """An order. `address` is null after its member is deleted.

    `payable` says that the last payment failed and another may be made (`POST …/payment`) until `pay_by`, when the
    order is cancelled; `pay_by` is null for an order that is not pending.
    """

    id: UUID
    number: str
    state: StateName
    items: list[OrderLineView]
    total: Money
    address: Address | None
    payment: PaymentView
    payable: bool
    pay_by: datetime | None
    timeline: list[Step]
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def from_order(cls, order: Order, language: Language) -> Self:
        """Return the view of an order, with all that belongs to it, in `language`."""
        return cls.model_validate(
            {
                "id": order.id,
                "number": order.number,
                "state": order.state,
                "items": [_line(line, order.currency, language) for line in order.lines],
                "total": Money(amount=order.total, currency=order.currency),
                "address": Address.model_construct(**order.address) if order.address is not None else None,
                "payment": {
                    "method": order.payment.provider,
                    "state": order.payment.state,
                    "failure_reason": order.payment.failure_reason,
                },
                "payable": is_payable(order),
                "pay_by": order.payment.deadline_at if order.state == OrderState.PENDING else None,
                "timeline": [{"state": step.state, "at": step.at} for step in order.history],
                "created_at": order.created_at,
                "updated_at": order.updated_at,
                "version": order.version,
            }
        )


class OrderPage(BaseModel):
    """One page of orders, newest first; `next` leads to the following one."""

    items: list[OrderView]
    next: str | None


def _line(line: OrderLine, currency: str, language: Language) -> OrderLineView:
    return OrderLineView(
        variant_id=line.variant_id,
        product_name=line.product_name(language),
        product_slug=line.product_slug,
        variant_name=line.variant_name(language),
        unit_price=Money(amount=line.unit_price, currency=currency),
        quantity=line.quantity,
        line_total=Money(amount=line.unit_price * line.quantity, currency=currency),
    )
