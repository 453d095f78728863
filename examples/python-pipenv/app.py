from flask import Flask, jsonify, request

app = Flask(__name__)


@app.get("/")
def index() -> str:
    return "locked with Pipenv"


@app.post("/echo")
def echo():
    return jsonify(request.get_json())
