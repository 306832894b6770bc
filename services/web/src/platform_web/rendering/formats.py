"""Money, dates and numbers formatted for the visitor's language."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, get_currency_precision

from platform_common.postal_address import PostalLabel, address_lines
from platform_web.clients.shop import Address, Money
from platform_web.visitor.preferences import Language

# To the minute.
_MOMENTS: dict[Language, str] = {"ko": "y년 M월 d일 HH:mm", "en": "MMMM d, y, HH:mm"}

# Korean shops write 원 after the number; CLDR's pattern is the one used by banks.
_WON_IN_KOREAN = "#,##0원"


@lru_cache(maxsize=20_000)
def _money(amount: int, currency: str, language: Language) -> str:
    value = Decimal(amount).scaleb(-get_currency_precision(currency))
    if currency == "KRW" and language == "ko":
        return format_decimal(value, format=_WON_IN_KOREAN, locale=language)
    return format_currency(value, currency, locale=language)


class Formats:
    """Formats of one language."""

    def __init__(self, language: Language, zone: ZoneInfo) -> None:
        self._language: Language = language
        self._zone = zone
        self._territories = Locale.parse(language).territories

    def money(self, money: Money) -> str:
        """Return an amount with its currency."""
        return _money(money.amount, money.currency, self._language)

    def number(self, number: int) -> str:
        """Return a number with the separators of the language."""
        return format_decimal(number, locale=self._language)

    def day(self, moment: datetime) -> str:
        """Return the day of `moment` in the site's time zone."""
        return format_date(moment.astimezone(self._zone), "long", locale=self._language)

    def moment(self, moment: datetime) -> str:
        """Return day and time of `moment` in the site's time zone."""
        return format_datetime(moment, _MOMENTS[self._language], tzinfo=self._zone, locale=self._language)

    def territory(self, code: str) -> str:
        """Return the name of a country by its code (ISO 3166-1)."""
        return str(self._territories.get(code, code))


def postal_lines(address: Address) -> list[str]:
    """Return the lines of an address in the order of its country, without the country's name."""
    return address_lines(PostalLabel(**address.model_dump(exclude={"phone"})))
