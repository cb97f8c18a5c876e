"""Commands out of requests: each option stands once, at the field of the record that a room takes.

A command is a function; a trailing underscore of its name keeps a room's name free. A parameter
whose type is a record (a dataclass with fields marked by `types.Option`) becomes an option for each
of these fields, records within it too; `partial[Record]` gives the record's maker, for what the
command line can't say. What belongs to no request, such as --json, stands in this module. Records
live in rooms that are slow to import, so the options of a command are made when it is called or
asked for its help, and not for `piiforge --help`.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import partial
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

import typer
from typer.core import TyperCommand

from piiforge.types import Option

if TYPE_CHECKING:
    from piiforge.recipe import Recipe

RecipeArg = Annotated[
    str, Option("A recipe: its file, or a name such as base (see `recipes`).", argument=True)
]
OverridesArg = Annotated[
    list[str] | None,
    Option("key=value pairs that override the recipe, e.g. rows.test=100.", argument=True),
]
FolderArg = Annotated[Path, Option("A folder that `piiforge build` wrote.", argument=True)]
OutOpt = Annotated[
    Path | None, Option("Where to write.", default="out/<recipe's name>", flag="--out -o")
]
OutUrlOpt = Annotated[
    str | None, Option("Where to write.", default="out/<recipe's name>", flag="--out -o")
]
OutFileOpt = Annotated[Path, Option("The file or folder to write.", flag="--out -o")]
SeedOpt = Annotated[int | None, Option("Seed.", default="the recipe's")]
WorkersOpt = Annotated[int, Option("Processes; 0 is one a core.", default="0", least=0)]
EngineOpt = Annotated[
    str, Option("Who runs the workers: processes, or ray (a cluster by RAY_ADDRESS).")
]
EmitOpt = Annotated[
    list[str] | None,
    Option(
        "ga4=FILE or otel=FILE: redaction settings of the keys that leaked. sarif=FILE: the "
        "findings as SARIF.",
        default="none",
    ),
]
ForceOpt = Annotated[bool, Option("Replace an existing --out.")]
ResumeOpt = Annotated[bool, Option("Go on with what is in --out.")]
DryRunOpt = Annotated[bool, Option("Show the plan and write nothing.")]
JsonOpt = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON object, for machines. Default: no.", show_default=False
    ),
]
EnvOpt = Annotated[
    Path | None,
    Option("LLaMA-Factory's environment.", default="$PIIFORGE_LF_ENV, or the user's cache"),
]
_LATER = "piiforge_command"  # the attribute under which a stand-in holds its command


def rooms(*names: str) -> list["_Room"]:
    """Return rooms under the names that commands use for them, each imported when it is needed."""
    return [_Room(name) for name in names]


class _Room:
    def __init__(self, name: str) -> None:
        self._name = f"piiforge.{name}"

    def __getattr__(self, name: str) -> object:
        return getattr(importlib.import_module(self._name), name)


def recipe_of(name: str, overrides: Sequence[str] | None, seed: int | None = None) -> "Recipe":
    """Return a recipe by its file or name, with what the command line says otherwise."""
    from piiforge.recipe import load

    return load(name, [*(overrides or ()), *([] if seed is None else [f"seed={seed}"])])


def add(app: typer.Typer, group: str, *commands: Callable[..., None]) -> None:
    """Add functions to `app` as commands of their names in a group of its help.

    The options of each are made late. A docstring's last paragraph is an example.
    """
    for command in commands:

        def later() -> None:
            """Stand for the command until its options are made."""

        later.__doc__ = command.__doc__
        setattr(later, _LATER, command)
        named = command.__name__.rstrip("_")
        app.command(named, cls=_Command, rich_help_panel=group)(later)


class _Command(TyperCommand):
    """A command whose options are made when they are first needed."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 (typer's own types are private)
        """Return the options and arguments."""
        if not self.params:
            alone = typer.Typer(add_completion=False)
            alone.command()(spread(getattr(self.callback, _LATER)))
            made = typer.main.get_command(alone)
            self.params, self.callback = made.params, made.callback
        return super().get_params(ctx)


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """Return `command` with each record among its parameters spread into options."""
    kinds = get_type_hints(command, include_extras=True)
    options: list[Parameter] = []
    for name, parameter in signature(command).parameters.items():
        record = _record(kinds[name])
        options += _options(record) if record else [_option(name, kinds[name], parameter.default)]

    def called(**given: object) -> None:
        said = {name: value for name, value in given.items() if value is not None}
        made = {name: _made(kind, name, said) for name, kind in kinds.items() if name != "return"}
        command(**{name: value for name, value in made.items() if value is not None})

    called.__signature__ = Signature(options)  # type: ignore[attr-defined]
    called.__doc__, called.__annotations__ = command.__doc__, {}
    return called


def _record(kind: Any) -> type | None:  # noqa: ANN401 (a type as it was written)
    """Return the record that is to be spread, None where it is a plain type."""
    (found,) = get_args(kind) if get_origin(kind) is partial else (kind,)
    return found if isinstance(found, type) and is_dataclass(found) else None


def _asked(record: type) -> Iterator[tuple[str, Any, object]]:
    """Yield (name, type, default) of the fields that the command line asks for."""
    kinds = get_type_hints(record, include_extras=True)
    for field in fields(record):
        kind = kinds[field.name]
        if _mark(kind) or _record(kind):
            made = field.default_factory() if field.default_factory is not MISSING else None
            default = made if field.default is MISSING else field.default
            required = field.default is MISSING and field.default_factory is MISSING
            yield field.name, kind, Parameter.empty if required else default


def _mark(kind: object) -> Option | None:
    marks = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return next((mark for mark in marks if isinstance(mark, Option)), None)


def _options(record: type) -> Iterator[Parameter]:
    for name, kind, default in _asked(record):
        inner = _record(kind)
        if inner:
            yield from _options(inner)
        else:
            yield _option(name, kind, default)


def _option(name: str, kind: Any, default: object) -> Parameter:  # noqa: ANN401
    """Make the option, or the argument, of one field."""
    ask = _mark(kind)
    if ask is not None:
        plain, required = get_args(kind)[0], default is Parameter.empty
        told = _told(default) or ask.default
        text = ask.help if required else f"{ask.help} Default: {told}."
        flag = ask.flag or f"--{name.replace('_', '-')}"
        if default is True:
            flag = f"{flag}/{flag.replace('--', '--no-', 1)}"
        kind = Annotated[
            (list[get_args(plain)[0]] if _is_many(plain) else plain) | None,  # type: ignore[misc]
            typer.Argument(help=ask.help, show_default=False)
            if ask.argument
            else typer.Option(
                *flag.split(), help=text, show_default=False, min=ask.least, max=ask.most
            ),
        ]
        default = Parameter.empty if required else None  # what is not said is the record's to say
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _told(default: object) -> str:
    """Write a default; "" where it does not explain itself."""
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, tuple):
        return ", ".join(map(str, default))
    return f"{default:g}" if isinstance(default, float) else str(default or "")


def _is_many(kind: object) -> bool:
    return get_origin(kind) is Sequence or Ellipsis in get_args(kind)


def _made(kind: Any, name: str, said: Mapping[str, object]) -> object:  # noqa: ANN401
    """Return what a parameter gets: a record or its maker, the value said, None without one."""
    record = _record(kind)
    if record is None:
        found = said.get(name)
        return tuple(found) if isinstance(found, list) and _mark(kind) else found
    made = {name: _made(kind, name, said) for name, kind, _ in _asked(record)}
    maker = partial(record, **{name: value for name, value in made.items() if value is not None})
    return maker if get_origin(kind) is partial else maker()
