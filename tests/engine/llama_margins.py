"""Ask llama.cpp: a script of another Python, that has xllamacpp. Prints tokens and margins.

python llama_margins.py MODEL.gguf PORT < {"texts": [...], "words": [true, false]}
"""

import importlib
import json
import os
import sys
import time
import urllib.request


def main() -> None:
    """Serve the model on loopback, ask it each text once, print one JSON object, end."""
    llama = importlib.import_module("xllamacpp")
    asked = llama.CommonParams()
    asked.model.path, asked.hostnames, asked.port = sys.argv[1], ["127.0.0.1"], int(sys.argv[2])
    asked.n_ctx, asked.n_parallel, asked.ui = 1024, 1, False
    asked.cpuparams.n_threads = asked.cpuparams_batch.n_threads = 1
    server = llama.Server(asked)
    url, told = f"http://127.0.0.1:{sys.argv[2]}", json.load(sys.stdin)
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/health", timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)

    def post(path, body):
        request = urllib.request.Request(
            url + path, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    found = {"tokens": [], "margins": []}
    true, false = told["words"]
    for text in told["texts"]:
        text_of = {"content": text, "add_special": False, "parse_special": True}
        tokens = post("/tokenize", text_of)["tokens"]
        said = post("/completion", {"prompt": tokens, "n_predict": 1, "n_probs": 2000,
                                    "temperature": 0, "cache_prompt": False})  # fmt: skip
        # None where the model ends the answer at once: then no probability is told
        one = next(iter(said.get("completion_probabilities", ())), None)
        odds = {each["id"]: each["logprob"] for each in one["top_logprobs"]} if one else {}
        found["tokens"].append(tokens)
        found["margins"].append(odds[true] - odds[false] if odds else None)
    sys.stdout.write("\n" + json.dumps(found) + "\n")
    sys.stdout.flush()
    del server
    os._exit(0)  # the server's own threads would be waited for


if __name__ == "__main__":
    main()
