"""Run in LLaMA-Factory's environment: fetch a model of the hub, safetensors and texts only.

A script, called with two paths: the request, one JSON object, and the reply, one object a line.
It imports nothing of piiforge. Files of code and pickled weights are not fetched at all.
"""

import json
import sys
from pathlib import Path

WANTED = ("*.json", "*.jinja", "*.safetensors", "tokenizer.model", "merges.txt", "vocab.txt")


def main() -> None:
    """Answer the request: the folder, or the name of what went wrong."""
    from huggingface_hub import snapshot_download

    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        found = {"folder": snapshot_download(request["model"], allow_patterns=list(WANTED))}
    except Exception as error:  # the hub's own errors, the network's and the file system's
        found = {"failed": type(error).__name__}
    Path(sys.argv[2]).write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
