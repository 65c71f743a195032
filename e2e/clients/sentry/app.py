"""A shop that goes wrong, watched by sentry-sdk."""

import json
import os

import sentry_sdk

sentry_sdk.init(
    dsn=os.environ["SENTRY_DSN"],
    release="shop@1.2.3",
    environment="staging",
    server_name="web-1",
)


def charge_card(order):
    password = "hunter2"  # must not be stored
    return order["card"]


def place_order(order):
    try:
        return charge_card(order)
    except KeyError as cause:
        raise ValueError(f"order {order['id']} cannot be placed") from cause


def main():
    sentry_sdk.set_user({"id": 7, "email": "ada@example.com", "username": "ada"})
    sentry_sdk.set_tag("shop", "berlin")
    sentry_sdk.set_context("order", {"id": 4711, "items": ["book", "lamp"]})
    sentry_sdk.add_breadcrumb(category="cart", message="added a lamp", level="info", data={"price": 12})
    ids = []  # first order, message, second order, group
    for number in (4711, 4712):
        try:
            place_order({"id": number})
        except ValueError as e:
            ids.append(sentry_sdk.capture_exception(e))
        if number == 4711:
            ids.append(sentry_sdk.capture_message("stock is low: 3 left", level="warning"))
    try:
        raise ExceptionGroup("both failed", [TypeError("first member"), OSError("second member")])
    except ExceptionGroup as e:
        ids.append(sentry_sdk.capture_exception(e))
    print(json.dumps({"ids": ids, "version": sentry_sdk.VERSION}))
    sentry_sdk.flush(timeout=20)


main()
