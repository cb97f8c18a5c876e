"""What a person reads who uses piiforge wrongly: every text is the recorded one.

To renew the record after a text was changed on purpose, delete tests/golden/errors.txt and run this
file once; the difference shows what every wrong use says now. The uses are in error_cases.py.
"""

import io
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from error_cases import ALL, PROMPT, Wrong
from error_files import PLANTED
from fault_server import FaultServer
from piiforge.cli import main

GOLDEN = Path(__file__).parent / "golden" / "errors.txt"
SRC = Path(__file__).parents[1] / "src"
USES = {f"{group}: {use.title}": use for group, uses in ALL.items() for use in uses}
_STARTER = "import sys; sys.argv[0] = 'piiforge'; from piiforge.cli import main; main()"
_FRAME = "│╭╮╰╯─"


def test_no_two_uses_have_one_title():
    assert len(USES) == sum(map(len, ALL.values()))


@pytest.fixture(scope="session")
def recorded(tiny, recipes, tmp_path_factory) -> dict[str, str]:
    """Return what each use was answered with, and write it all down where nothing is recorded."""
    if not GOLDEN.exists():
        blocks = [
            block_of(name, use, tiny.folder, recipes, tmp_path_factory.mktemp("use"))
            for name, use in USES.items()
        ]
        GOLDEN.write_text("\n".join(blocks), encoding="utf-8")
        pytest.fail("the record was missing; it is written now")
    blocks = GOLDEN.read_text(encoding="utf-8").split("\n\n## ")
    named = (block if block.startswith("## ") else f"## {block}" for block in blocks)
    return {block.partition("\n")[0].removeprefix("## "): f"{block.rstrip()}\n" for block in named}


def test_every_use_and_no_other_is_recorded(recorded):
    assert list(recorded) == list(USES)


def test_no_record_tells_a_content_or_a_secret(recorded):
    whole = "".join(recorded.values())
    assert PLANTED not in whole
    assert not re.search(r"\d{3}-\d\d-\d{4}", whole)
    for secret in ("a-key", "schlüssel"):  # a key's place is named, never the key
        answers = re.sub(r"(?m)^\$ .*$", "", whole)
        assert secret not in answers


@pytest.mark.parametrize("name", USES)
def test_a_wrong_use_is_answered_as_recorded(recorded, tiny, recipes, tmp_path, name):
    assert block_of(name, USES[name], tiny.folder, recipes, tmp_path) == recorded.get(name)


def block_of(name: str, use: Wrong, built: Path, recipes: Path, folder: Path) -> str:
    """Use piiforge wrongly in an empty folder; return the command, its end and what it said."""
    here = folder / "here"
    here.mkdir()
    shutil.copy(recipes / "tiny.yaml", here)
    if "built" in " ".join([use.words, *use.first]):
        shutil.copytree(built, here / "built")
    version = json.loads((built / "manifest.json").read_text("utf-8"))["prompt"]
    for place, content in use.files.items():
        path = here / place
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = content.encode() if isinstance(content, str) else content
        path.write_bytes(whole.replace(f'"{PROMPT}"'.encode(), f'"{version}"'.encode()))
    if use.prepare:
        use.prepare(here)
    with ExitStack() as opened:
        places = dict(opened.enter_context(_Places(use)))
        for words in use.first:
            assert _said(words, use, places, here)[0] == 0
        code, out, err = _said(use.words, use, places, here)
    shown = [f"{key}={shlex.quote(value)}" for key, value in use.env.items()]
    shown += [f"(without {package})" for package in use.lacks if not package.startswith("piiforge")]
    told = _plain(err or f"(stdout) {out}", here, places)
    return f"## {name}\n$ {' '.join([*shown, f'piiforge {use.words}'])}\nexit {code}\n{told}"


class _Places:
    """What the words PORT and SERVER of a use stand for, as long as it lasts."""

    def __init__(self, use: Wrong) -> None:
        self._use, self._stack = use, ExitStack()

    def __enter__(self) -> Iterator[tuple[str, str]]:
        found: dict[str, str] = {}
        if self._use.server:
            server = self._stack.enter_context(FaultServer(mode=self._use.server))
            found["SERVER"] = server.url
        if "PORT" in self._use.words:
            taken = self._stack.enter_context(socket.socket())
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            found["PORT"] = str(taken.getsockname()[1])
        return iter(found.items())

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _said(words: str, use: Wrong, places: dict[str, str], here: Path) -> tuple[int, str, str]:
    """Run a command in `here`; return the exit code, stdout and stderr."""
    argv = shlex.split(words)
    for word, meant in places.items():
        argv = [each.replace(word, meant) for each in argv]
    with pytest.MonkeyPatch.context() as patch:
        for name in (*os.environ, "OPENAI_API_KEY"):
            if name.startswith(("PIIFORGE_", "OPENAI_", "FORCE_COLOR", "TERMINAL_WIDTH")):
                patch.delenv(name, raising=False)
        own = {"HOME": str(here), "XDG_CACHE_HOME": str(here / "cache"), "NO_COLOR": "1"}
        for name, value in {**own, "TERM": "dumb", "COLUMNS": "100", **use.env}.items():
            patch.setenv(name, value)
        patch.chdir(here)
        return _apart(argv, use) if use.apart else _here(argv, use, patch)


def _here(argv: list[str], use: Wrong, patch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    patch.setattr(sys, "argv", ["piiforge", *argv])
    patch.setattr(
        sys.modules["__main__"], "__package__", ""
    )  # or it is "python -m pytest.piiforge"
    patch.setattr(sys, "stdin", io.StringIO())
    for package in use.lacks:
        patch.setitem(sys.modules, package, None)
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0), out.getvalue(), err.getvalue()


def _apart(argv: list[str], use: Wrong) -> tuple[int, str, str]:
    hidden = "".join(f"import sys; sys.modules[{package!r}] = None; " for package in use.lacks)
    done = subprocess.run(
        [sys.executable, "-c", f"{hidden}{_STARTER}", *argv],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def _plain(text: str, here: Path, places: dict[str, str]) -> str:
    """Take out what is of this machine, and the frames; lines that a frame broke are one again."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    for path in {str(here.resolve()), str(here)}:
        text = text.replace(path, "TMP")
    for word, meant in places.items():
        text = text.replace(meant, word)
    text = re.sub(r"(?<=127\.0\.0\.1:)\d+", "PORT", text)
    text = re.sub(r"(?m)^[\d,.]+ rows/s", "N rows/s", text)
    text = re.sub(r"(?<=begun with another )bf16, [\w, ]+", "...", text)  # by the machine
    text = re.sub(r"(?m)(?<=\S)\n {8,}", " ", text)  # a usage of two lines
    kept: list[str] = []
    framed: list[str] = []
    for line in text.splitlines():
        if line[:1] == "│":
            framed.append(line.strip(f" {_FRAME}"))
            continue
        if framed:
            kept, framed = [*kept, " ".join(filter(None, framed))], []
        if line.strip() and line[0] not in _FRAME:
            kept.append(line.rstrip())
    return "".join(f"{line}\n" for line in kept)
