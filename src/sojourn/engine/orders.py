"""Orders in a person's portrait: money by currency, each order once however often and by whichever way it is told."""

from typing import Any, Final

from sojourn.engine.working import Moment, Working
from sojourn.terms.facts import Fact
from sojourn.terms.money import Minor, currency_of, to_minor
from sojourn.terms.person import Money, Order, Person
from sojourn.terms.time import Millis

ORDERS_KEPT: Final = 100
CURRENCIES_KEPT: Final = 20
_OTHER_CURRENCY: Final = "XXX"


def amount(props: dict[str, Any], currency: str) -> Minor | None:
    """What an order fact says it is worth: `total`, else `revenue`, else `value`, else its products' prices; None where it says nothing."""
    for key in ("total", "revenue", "value"):
        worth = to_minor(props.get(key), currency)
        if worth is not None:
            return worth
    listed = props.get("products")
    if not isinstance(listed, list):
        return None
    total, priced = 0, False
    for product in listed:
        price = to_minor(product.get("price"), currency) if isinstance(product, dict) else None
        if price is not None:
            count = product.get("quantity", 1)
            total += price * (count if isinstance(count, int) and not isinstance(count, bool) and 0 < count <= 1_000_000 else 1)
            priced = True
    return total if priced else None


def order_of(fact: Fact) -> str:
    """The order's id as text; the message's own id where it names none, so that such an order counts by itself."""
    value = fact.props.get("order_id", fact.props.get("orderId"))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value[:255] if isinstance(value, str) and value else fact.message_id


def placed(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """`Order Completed` and `Order Updated`: the newest by (event time, message id) says what the order is worth."""
    number = order_of(fact)
    held = person.orders.get(number)
    if held is not None and (held.cancelled or (fact.at, fact.message_id) <= (held.at, held.message_id)):
        held.placed = True
        return
    currency = currency_of(fact.props.get("currency"), work.rules.currency)
    worth = amount(fact.props, currency)
    if held is None:
        _keep(person, number, Order(currency, worth or 0, fact.at, fact.message_id))
        _add(person, currency, 1, worth or 0, fact.at)
        return
    if worth is not None and (worth, currency) != (held.revenue, held.currency):
        _add(person, held.currency, -1, -held.revenue, 0)
        _add(person, currency, 1, worth, fact.at)
        held.revenue, held.currency = worth, currency
    held.at, held.message_id = fact.at, fact.message_id


def refunded(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """`Order Refunded`: the amount it names, else all that the order is worth. The order stays an order."""
    held = person.orders.get(order_of(fact))
    currency = currency_of(fact.props.get("currency"), held.currency if held is not None else work.rules.currency)
    back = next((worth for key in ("refund", "amount") if (worth := to_minor(fact.props.get(key), currency)) is not None), None)
    if back is None:
        back = amount(fact.props, currency)
    if back is None:
        back = held.revenue if held is not None else 0
    _money(person, currency).refunded += abs(back)


def cancelled(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """`Order Cancelled`: the order and its revenue count no more, also where the cancellation arrives before the order."""
    number = order_of(fact)
    held = person.orders.get(number)
    if held is None:
        _keep(person, number, Order(work.rules.currency, 0, fact.at, fact.message_id, placed=False, cancelled=True))
    elif not held.cancelled:
        held.cancelled = True
        _add(person, held.currency, -1, -held.revenue, 0)


def join(into: Person, other: Person) -> None:
    """Add two people's money; an order that both were told of counts once, with what its newest fact said."""
    for currency, money in other.money.items():
        total = _money(into, currency)
        total.orders += money.orders
        total.revenue += money.revenue
        total.refunded += money.refunded
        total.last_order_at = max(total.last_order_at, money.last_order_at)
    for number, theirs in other.orders.items():
        mine = into.orders.get(number)
        if mine is None:
            into.orders[number] = theirs
            continue
        older, newer = (mine, theirs) if (mine.at, mine.message_id) <= (theirs.at, theirs.message_id) else (theirs, mine)
        for order in (mine, theirs) if mine.cancelled or theirs.cancelled else (older,):
            if order.placed and not order.cancelled:
                _add(into, order.currency, -1, -order.revenue, 0)
        newer.cancelled = mine.cancelled or theirs.cancelled
        into.orders[number] = newer
    into.orders = dict(sorted(into.orders.items(), key=lambda item: (item[1].at, item[0]))[-ORDERS_KEPT:])
    into.orders_seen = list(into.orders)


def _keep(person: Person, number: str, order: Order) -> None:
    orders = person.orders
    orders[number] = order
    person.orders_seen.append(number)
    if len(orders) > ORDERS_KEPT:
        oldest = next(iter(orders))
        del orders[oldest]
        person.orders_seen.remove(oldest)


def _money(person: Person, currency: str) -> Money:
    found = person.money.get(currency)
    if found is None:
        if len(person.money) >= CURRENCIES_KEPT:
            currency = _OTHER_CURRENCY
            found = person.money.get(currency)
        if found is None:
            found = person.money[currency] = Money()
    return found


def _add(person: Person, currency: str, orders: int, revenue: Minor, at: Millis) -> None:
    money = _money(person, currency)
    money.orders += orders
    money.revenue += revenue
    money.last_order_at = max(money.last_order_at, at)
