"""`python -m capsule.staticsite <folder> [--single-page]`, on `$HOST:$PORT`."""

import argparse
import asyncio
import os
from pathlib import Path

from capsule.staticsite.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="capsule.staticsite", description="Serve a folder of files.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--single-page", action="store_true", help="answer unknown pages with index.html")
    options = parser.parse_args()
    if not options.folder.is_dir():
        parser.error(f"{options.folder} is no folder")
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    asyncio.run(serve(options.folder.resolve(), host=host, port=port, is_single_page=options.single_page))


if __name__ == "__main__":
    main()
