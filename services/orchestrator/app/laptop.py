"""`octollm up`: the whole house in one process, with a few lines that say where everything is."""

from __future__ import annotations

import logging
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from app.config import Settings
from app.serving import listen, stop_signal
from app.standalone import running
from octollm.service import logs


async def up(settings: Settings, data_dir: Path) -> None:
    """Run until SIGINT or SIGTERM, then drain and stop everything that was started.

    Raises PortTaken, KeysMissing, and KeyFileUnusable and the launcher's errors when the data
    folder cannot be used.
    """
    console = Console(stderr=True, highlight=False)
    readable = console.is_terminal and "log_format" not in settings.model_fields_set
    logs.configure(settings.log_level, "console" if readable else settings.log_format)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # the lines below say it better
    listener = listen(settings.host, settings.port)
    console.print(f"[bold]OctoLLM[/] starts; its data are kept in {escape(str(data_dir))}")
    async with running(settings, data_dir, listener) as stack:
        stop = stop_signal()
        console.print(f"[bold green]Ready[/] at {stack.url}")
        # Not wrapped: they are to be copied.
        first = f"  first task  octollm --url {stack.url} submit 'Hello, octopus' --wait"
        console.print(first, soft_wrap=True)
        console.print(f"  console     {stack.url}/console", soft_wrap=True)
        console.print(f"  API docs    {stack.url}/docs", soft_wrap=True)
        console.print("  stop        Ctrl-C")
        await stop.wait()
        console.print("Stopping: running tasks get a moment to finish; Ctrl-C again to force")
    console.print("Stopped. Nothing is lost: `octollm up` goes on where this ended.")
