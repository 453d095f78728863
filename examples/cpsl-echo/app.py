import cpsl
from cpsl import App, Image

app = App("echo", image=Image(python_packages=["humanize>=4"]))


@app.message()
async def answer(session: cpsl.Session, text: str):
    import humanize

    await session.reply(f"You wrote {humanize.apnumber(len(text.split()))} words: {text}")
