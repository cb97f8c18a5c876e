"""Push: a built folder to a hub of data sets, whole and proved, as what its manifest lists.

What a review left beside the data and what was trained in the folder stay here. The token comes
from the environment, goes to the hub alone and is in no message of ours.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, cast

from piiforge import files
from piiforge.build import folder
from piiforge.errors import AskedWrongly, GateFailed, MissingExtra
from piiforge.types import Option

_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_DENIED = (401, 403)


@dataclass(frozen=True, slots=True)
class Pushing:
    """What goes where. `to` is org/name; `token_variable` names the variable, not the token."""

    folder: Annotated[Path, Option("A folder that `piiforge build` wrote.", argument=True)]
    to: Annotated[str, Option("The data set on the hub: org/name. It is made if it isn't there.")]
    public: Annotated[bool, Option("Anybody may read a data set that is made.")] = False
    endpoint: Annotated[
        str, Option("The hub's address.", default="$HF_ENDPOINT, or Hugging Face's")
    ] = ""
    branch: Annotated[str, Option("The branch to write to.")] = "main"
    token_variable: Annotated[str, Option("Where the token stands.")] = "HF_TOKEN"
    message: Annotated[str, Option("Of the commit.", default="says version and seed")] = ""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What was sent, or would be: names of files, their bytes, and where the commit is to be seen.

    `commit` is "" where nothing was sent.
    """

    to: str
    files: tuple[str, ...]
    bytes: int
    commit: str = ""

    def record(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return asdict(self)


def push(asked: Pushing, *, dry_run: bool = False) -> Pushed:
    """Prove `asked.folder`, then send it. `dry_run` proves and sends nothing.

    Raises:
        AskedWrongly: no built folder, a name that is not org/name, no token, a hub that refuses it.
        VerifyFailed: the folder is not what its manifest says.
        GateFailed: the hub can't be reached, or refused; says its status.
        MissingExtra: huggingface_hub is not installed.
    """
    if not _NAME.fullmatch(asked.to):
        raise AskedWrongly(f"{asked.to!r} is no name of a data set.", "Write --to org/name.")
    folder.verify(asked.folder)
    manifest = files.read_json(asked.folder / files.MANIFEST)
    names = (*cast("Mapping[str, object]", manifest["outputs"]), files.MANIFEST)
    sizes = sum((asked.folder / name).stat().st_size for name in names)
    sent = Pushed(asked.to, tuple(names), sizes)
    if dry_run:
        return sent
    told = f"piiforge {manifest.get('piiforge')}, seed {manifest.get('seed')}"
    return Pushed(sent.to, sent.files, sent.bytes, _sent(asked, names, asked.message or told))


def _sent(asked: Pushing, names: tuple[str, ...], message: str) -> str:
    """Send the files and return where the commit is to be seen."""
    token = os.environ.get(asked.token_variable, "").strip()
    if not token:
        hint = "Make one with write access on the hub and export it."
        raise AskedWrongly(f"There is no token in ${asked.token_variable}.", hint)
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError
        from huggingface_hub.utils import disable_progress_bars
    except ImportError as error:
        raise MissingExtra("huggingface_hub", "hub") from error
    # of its HTTP library, which changes with its version
    unreachable = cast("tuple[type[Exception], ...]", HfHubHTTPError.__bases__)
    disable_progress_bars()
    hub = HfApi(endpoint=asked.endpoint or None, token=token)
    kind = "dataset"
    try:
        hub.create_repo(asked.to, repo_type=kind, private=not asked.public, exist_ok=True)
        if asked.branch != "main":
            hub.create_branch(asked.to, branch=asked.branch, repo_type=kind, exist_ok=True)
        done = hub.upload_folder(
            repo_id=asked.to,
            repo_type=kind,
            folder_path=asked.folder,
            allow_patterns=list(names),
            revision=asked.branch,
            commit_message=message,
        )
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        if status in _DENIED:
            hint = f"Is the token in ${asked.token_variable} one that may write there?"
            raise AskedWrongly(f"The hub refused {asked.to} ({status}).", hint) from None
        hint = "Nothing of a commit that was refused is seen; try again later."
        raise GateFailed(f"The hub did not take {asked.to} ({status}).", hint) from None
    except unreachable as error:
        hint = "Check --endpoint and the network, then push again: what is there stays."
        raise GateFailed(f"The hub can't be reached ({type(error).__name__}).", hint) from None
    except (ValueError, KeyError, TypeError) as error:
        hint = "Check --endpoint: its answers are not those of a hub."
        raise GateFailed(f"The hub answered otherwise ({type(error).__name__}).", hint) from None
    return str(done.commit_url)
