"""`piiforge verify`: is a built folder still what it promises?"""

from piiforge.cli.options import FolderArg, JsonOpt
from piiforge.cli.telling import tell


def verify(folder: FolderArg, as_json: JsonOpt = False) -> None:
    """Prove a built folder again: every hash, every row, the leak certificate. Exit 1 if broken."""
    from piiforge import build

    proved = build.verify(folder)
    text = f"{folder}: {proved['files']} files and {proved['rows']} rows are as built; no leak."
    tell(text, proved, as_json=as_json)
