from fastapi import FastAPI

app = FastAPI(title="Numbers")


@app.get("/square/{number}")
def square(number: int) -> dict[str, int]:
    return {"number": number, "square": number * number}
