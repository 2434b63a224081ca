"""A shop with one shelf. Versions 1 and 2 sell; version 3 asks for something that nobody told it."""

import os
import socket

from flask import Flask, jsonify

VERSION = int(os.environ.get("SHOP_VERSION", "1"))
CURRENCY = os.environ.get("SHOP_CURRENCY", "EUR")
SHELF = {"apple": 30, "bread": 250, "coffee": 450}

if VERSION >= 3 and "SHOP_BANK" not in os.environ:
    raise SystemExit("version 3 takes money: SHOP_BANK must say where it goes")

app = Flask(__name__)


def price(cents):
    return f"{cents / 100:.2f} {CURRENCY}"


@app.get("/")
def shelf():
    return jsonify(version=VERSION, host=socket.gethostname(), shelf={name: price(cents) for name, cents in SHELF.items()})


@app.get("/version")
def version():
    return f"{VERSION}\n"


@app.get("/healthz")
def healthz():
    return "ok\n"


if VERSION >= 2:  # what is new in version 2

    @app.get("/<name>")
    def item(name):
        if name not in SHELF:
            return jsonify(error=f"no {name} on the shelf"), 404
        return jsonify(name=name, price=price(SHELF[name]))
