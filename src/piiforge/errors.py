"""Every error that piiforge raises on purpose. Each says what, where and what to do next.

PiiforgeError
├── AskedWrongly            exit 2: the command or recipe is off
│   ├── UnknownName         a name that no list holds, with the nearest one
│   ├── BadRecipe           a recipe that can't be read or doesn't fit, with the path in the file
│   ├── BadRecord           a line of a file that is not the record it should be
│   ├── FolderExists        an --out that would be overwritten
│   └── MissingExtra        an optional dependency that is not installed
└── GateFailed              exit 1: a check said no
    ├── QuotaUnmet          the asked counts can't be met: which cell, why, what would do
    └── VerifyFailed        a built folder that is not what its manifest says

A disk that is full, closed or broken is exit 74, Ctrl-C 130, SIGTERM 143. Whatever else comes out
of a command is a bug of ours: exit 70. None of them can pass for a gate's.

Messages never hold a value from a content: they name the row.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class PiiforgeError(Exception):
    """The root. `hint` says what to do next, in one sentence."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        """Let an error pass from a worker process to the one that tells it."""
        return _restored, (type(self), self.message, self.hint)


class AskedWrongly(PiiforgeError):
    """The command or its input is off; nothing was done."""

    exit_code = 2


class GateFailed(PiiforgeError):
    """A check said no; nothing that looks finished was left behind."""


class UnknownName(AskedWrongly):
    """A name that no list holds."""

    def __init__(self, what: str, name: str, known: Iterable[str], where: str = "") -> None:
        names = list(known)
        place = f"{where}: " if where else ""
        super().__init__(f"{place}no {what} named {name!r}.", near(name, names))


class BadRecipe(AskedWrongly):
    """A recipe that can't be read or doesn't fit. `where` is the path in the file."""

    def __init__(self, where: str, problem: str, hint: str = "") -> None:
        super().__init__(f"{where}: {problem}", hint)


class BadRecord(AskedWrongly):
    """A line of a file that is not the record it should be. Names the line, never its content."""

    def __init__(self, path: Path | str, line: int | None, problem: str, hint: str = "") -> None:
        place = f"{path}:{line}" if line else str(path)
        super().__init__(f"{place}: {problem}", hint)


class FolderExists(AskedWrongly):
    """An output folder that is already there."""

    def __init__(self, path: Path | str) -> None:
        hint = "Use --force to replace it, or choose another --out."
        super().__init__(f"{path} already exists.", hint)


class MissingExtra(AskedWrongly):
    """An optional dependency that is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed.", f"Run: pip install 'piiforge[{extra}]'")


class QuotaUnmet(GateFailed):
    """The asked counts can't be met. `cell` says which, `why` the shortage."""

    def __init__(self, cell: str, why: str, hint: str) -> None:
        super().__init__(f"quota {cell} can't be met: {why}.", hint)


class VerifyFailed(GateFailed):
    """A folder that is not what its manifest says; the message names every problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems) + ".")


def near(name: str, known: Iterable[str]) -> str:
    """Say which known name is meant, or list them all.

    >>> near("snn", ["ssn", "itin"])
    "Did you mean 'ssn'?"
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(names)}."


def _restored(kind: type[PiiforgeError], message: str, hint: str) -> PiiforgeError:
    error = kind.__new__(kind)
    PiiforgeError.__init__(error, message, hint)
    return error
