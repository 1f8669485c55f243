"""The command `completion`: what a shell needs to complete `octollm` with the tab key."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

PROGRAM = "octollm"
VARIABLE = "_OCTOLLM_COMPLETE"
"""By which the shell's script has `octollm` complete a line; click's own rule for its name."""


@click.command(short_help="Print a shell's completion script.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script by which a shell completes commands and options of octollm.

    \b
    bash: octollm completion bash > ~/.local/share/bash-completion/completions/octollm
    zsh:  octollm completion zsh > "${fpath[1]}/_octollm"
    fish: octollm completion fish > ~/.config/fish/completions/octollm.fish
    """
    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    click.echo(made(context.find_root().command, {}, PROGRAM, VARIABLE).source())
