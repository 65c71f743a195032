"""A shop on the web, in Flask, in threads and in asyncio, watched by sentry-sdk."""

import asyncio
import json
import logging
import os
import threading

import flask
import sentry_sdk

sentry_sdk.init(
    dsn=os.environ["SENTRY_DSN"],
    release="shop@1.2.3",
    environment="staging",
    server_name="web-1",
    send_default_pii=True,
)

app = flask.Flask("shop")
log = logging.getLogger("shop.stock")


def charge_card(order):
    return order["card"]


@app.post("/orders/<int:number>")
def place_order(number):
    log.warning("only %d lamps are left", 3)  # a breadcrumb of the errors of this request
    return charge_card({"id": number})


@app.get("/stock")
def stock():
    for item in ("lamps", "books"):
        log.error("stock of %s is low", item)  # an event each, one issue
    return "3"


def pack(parcel):
    raise RuntimeError(f"parcel {parcel} is too heavy")


async def deliver(street):
    await asyncio.sleep(0)
    raise TimeoutError(f"nobody opened in {street}")


async def tour():
    async with asyncio.TaskGroup() as group:
        group.create_task(deliver("Oak Street"))
        group.create_task(deliver("Elm Street"))


def main():
    client = app.test_client()
    answer = client.post("/orders/4711?shop=berlin", headers={"User-Agent": "shopper/1.0"}, json={"password": "hunter2"})
    assert answer.status_code == 500
    assert client.get("/stock").status_code == 200
    packer = threading.Thread(target=pack, args=(7,), name="packer")
    packer.start()
    packer.join()
    try:
        asyncio.run(tour())
    except ExceptionGroup as e:
        sentry_sdk.capture_exception(e)
    print(json.dumps({"version": sentry_sdk.VERSION}))
    sentry_sdk.flush(timeout=20)


main()
