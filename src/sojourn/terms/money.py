"""Money: integer minor units with an ISO 4217 currency; never binary floats inside."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final

Minor = int
"""Minor units: cents for EUR, yen for JPY, fils (1/1000) for KWD."""

_EXPONENT: Final = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
MAX_MINOR: Final = 10**15


def exponent(currency: str) -> int:
    """How many decimal digits the currency has (ISO 4217); 2 where it is not listed."""
    return _EXPONENT.get(currency, 2)


def currency_of(value: object, default: str = "") -> str:
    """Three capital letters, or the default where the value is no currency code."""
    if isinstance(value, str):
        code = value.strip().upper()
        if len(code) == 3 and code.isascii() and code.isalpha():
            return code
    return default


def to_minor(value: object, currency: str) -> Minor | None:
    """Minor units of a JSON number or numeric text, rounded half to even; None where it is no finite amount below 10**15 minor units.

    Floats go through their shortest decimal text, so 19.99 is 1999 and never 1998.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(repr(value) if isinstance(value, float) else value.strip() if isinstance(value, str) else value)
        if not amount.is_finite() or amount.adjusted() > 15:
            return None
        minor = int(amount.scaleb(exponent(currency)).to_integral_value(ROUND_HALF_EVEN))
    except (InvalidOperation, ValueError):
        return None
    return minor if abs(minor) <= MAX_MINOR else None


def to_amount(minor: Minor, currency: str) -> Decimal:
    """The amount in major units, with the currency's digits."""
    return Decimal(minor).scaleb(-exponent(currency))


_SYMBOL: Final = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "CAD": "CA$", "AUD": "A$"}


def to_text(minor: Minor, currency: str) -> str:
    """An amount as a person reads it: €49.90, ¥1,200, 49.90 CHF."""
    amount = f"{abs(to_amount(minor, currency)):,f}"
    sign = "-" if minor < 0 else ""
    symbol = _SYMBOL.get(currency)
    return f"{sign}{symbol}{amount}" if symbol else f"{sign}{amount} {currency}".strip()
