"""Amounts of money: whole numbers of the currency's minor unit, never a fraction."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from platform_common.payload import Payload

# Far above any order, far below the limit of a 64-bit integer.
MAX_AMOUNT = 10**12


class Money(Payload):
    """An amount in minor units: 12900 of KRW, which has none, are 12,900 won; 1290 of EUR are 12.90 euros."""

    model_config = ConfigDict(frozen=True)

    amount: Annotated[int, Field(ge=0, le=MAX_AMOUNT)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
