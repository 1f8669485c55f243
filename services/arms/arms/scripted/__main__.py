"""`python -m arms.scripted`: the scripted provider as a process of its own."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click

from arms.scripted.journal import Journal
from arms.scripted.script_file import BadScript, ScriptFile, read_script


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="0 takes any free one.")
@click.option("--script", type=click.Path(path_type=Path), required=True, help="A JSON file.")
@click.option(
    "--ledger",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("/dev/null"),
    help="Where the ledger is written, as JSON lines.",
)
def main(port: int, script: Path, ledger: Path) -> None:
    """Answer as the script says, in OpenAI's formats, on 127.0.0.1, until SIGINT or SIGTERM."""
    try:
        asyncio.run(_serve(read_script(script), port, ledger))
    except (BadScript, OSError) as error:
        raise click.ClickException(str(error)) from error


async def _serve(script: ScriptFile, port: int, ledger: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with ledger.open("w", encoding="utf-8") as file:
        async with script.provider(port, Journal(file)) as provider:
            click.echo(f"Scripted provider at {provider.base_url}", err=True)
            await stop.wait()


if __name__ == "__main__":
    main()
