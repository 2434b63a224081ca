import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def word():
    return os.environ["WORD"] + "\n"


app.run(host="0.0.0.0", port=8080)
