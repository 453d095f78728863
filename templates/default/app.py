import asyncio

import cpsl

app = cpsl.App(name="my-app", image=cpsl.Image())


@app.message()
async def answer(session: cpsl.Session, msg: cpsl.Message):
    session.data["messages"] = session.data.get("messages", 0) + 1
    async with session.stream_reply() as reply:
        reply.write(f"**Message {session.data['messages']}.** You said: ")
        for word in msg.text.split():
            reply.write(word + " ")
            await asyncio.sleep(0.05)
