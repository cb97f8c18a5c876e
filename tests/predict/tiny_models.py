"""Small random models with a tokenizer made on the spot: real transformers folders, no download."""

from pathlib import Path

from piiforge import categories, prompt
from piiforge.types import Verdict

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONTENTS = ("form_submit {}=1", "page_view /account?{}=true", "chat: my {} is false", "xhr {} null")


def make(
    folder: Path, kind: str = "qwen2", *, tied: bool = True, words: bool = True, seed: int = 1
) -> Path:
    """Write a model of two layers. `words`: " true" and " false" are single tokens."""
    import torch
    import transformers

    tokenizer = _tokenizer(words=words)
    torch.manual_seed(seed)
    sizes = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "tie_word_embeddings": tied,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "initializer_range": 0.4,  # wide, so that margins differ from row to row
    }
    if kind == "qwen2":
        model = transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**sizes))
    else:
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**sizes))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(*, words: bool) -> object:
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=900 if words else 300,
        special_tokens=["<|im_start|>", "<|im_end|>", "<|pad|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(words=words), trainer)
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|pad|>"
    )
    made.chat_template = TEMPLATE
    return made


def _texts(*, words: bool) -> list[str]:
    if not words:
        return ["zzzz yyyy xxxx"] * 20
    answers = [prompt.answer(Verdict(label, 0.9, "Named.")) for label in (True, False)]
    questions = [
        prompt.question(each.id, each.description, content.format(each.id))
        for each in categories.ALL
        for content in CONTENTS
    ]
    return [*(answers * 20), *questions]
