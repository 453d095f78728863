import os

import discord

client = discord.Client(intents=discord.Intents.default())


@client.event
async def on_ready() -> None:
    print(f"connected as {client.user}")


if __name__ == "__main__":
    client.run(os.environ["DISCORD_TOKEN"])
