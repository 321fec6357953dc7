"""`lstmcalc completion SHELL`: the script that makes a shell complete commands, options and files."""

import click
from click.shell_completion import CompletionItem, get_completion_class

from lstmcalc.cli.environment import COMPLETING
from lstmcalc.cli.output import write

SHELLS = ("bash", "zsh", "fish")
MODELS = ("model", "models", "old", "new", "baseline")  # arguments and options that take a MODEL
EPILOG = """\b
Example:
  lstmcalc completion bash >> ~/.bashrc
  lstmcalc completion zsh >> ~/.zshrc
  lstmcalc completion fish > ~/.config/fish/completions/lstmcalc.fish
"""


@click.command("completion", short_help="The script that makes a shell complete lstmcalc.", epilog=EPILOG)
@click.argument("shell", type=click.Choice(SHELLS))
@click.option("--output", "-o", metavar="FILE", help="Write the script to a file.")
def command(shell: str, output: str | None) -> None:
    """Print the script with which SHELL completes commands, options, their values, files and layers."""
    completion, program = get_completion_class(shell), click.get_current_context().find_root().command
    assert completion is not None
    write(completion(program, {}, "lstmcalc", COMPLETING).source().strip() + "\n", output)


def completing(command: click.Command) -> click.Command:
    """The command with what its arguments are completed with: files, the names of layers, and those of pages."""
    for parameter in command.params:
        if parameter.name in MODELS or parameter.metavar == "FILE":
            parameter.type = click.Path()
        elif command.name == "layers" and parameter.name == "name":
            parameter._custom_shell_complete = _layers
        elif command.name == "help" and parameter.name == "topic":
            parameter._custom_shell_complete = _pages
    return command


def _pages(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from lstmcalc.manual import PAGES, page

    return [CompletionItem(name, help=page(name).sentence) for name in PAGES if name.startswith(incomplete)]


def _layers(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from lstmcalc.layers.catalogue import KNOWN, operations

    return [CompletionItem(name) for name in (*KNOWN, *operations()) if name.startswith(incomplete)]
