"""Messages: the same rows as a chat of two turns, proved and told like the others."""

import pytest
from hand_made import make_rows

from piiforge import build, files, loop, prompt, train
from piiforge.build import card, folder, report
from piiforge.errors import AskedWrongly, VerifyFailed
from piiforge.types import SPLITS

ROWS = folder.ordered(make_rows())
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
every_form = pytest.mark.parametrize("form", folder.FORMS)


@pytest.fixture(scope="module")
def chats(tiny, tmp_path_factory):
    place = tmp_path_factory.mktemp("messages")
    files.write(place / "rows.jsonl", map(folder.to_record, tiny.built.rows))
    recipe = tiny.recipe.model_copy(update={"format": "messages"})
    build.export_file(place / "rows.jsonl", recipe, place / "set")
    return place / "set"


@every_row
@pytest.mark.parametrize("order", prompt.ORDERS)
def test_both_forms_ask_and_answer_the_same(row, order):
    told = {name: form.texts(form.write(row, "a number", order)) for name, form in
            folder.FORMS.items()}  # fmt: skip
    assert told["alpaca"] == told["messages"]


def test_the_turns_are_what_a_system_is_asked():
    user, assistant = folder.messages(ROWS[0], "a number", "category_first")["messages"]
    record = folder.alpaca(ROWS[0], "a number", "category_first")
    assert user == {"role": "user", "content": f"{record['instruction']}\n{record['input']}"}
    assert assistant == {"role": "assistant", "content": record["output"]}


def test_llamafactory_is_told_of_each_form():
    for form in folder.FORMS:
        told = train.registry(SPLITS, form)["piiforge_train"]
        assert set(told["columns"].values()) <= {"instruction", "input", "output", "messages"}
        assert ("formatting" in told) == (form == "messages")


def test_a_folder_of_messages_is_proved(chats):
    assert build.verify(chats)["leaks"] == 0


SPOILS = {
    "a third turn": lambda turns: [*turns, {"role": "user", "content": "and?"}],
    "a system turn": lambda turns: [{"role": "system", "content": "x"}, *turns],
    "turns exchanged": lambda turns: turns[::-1],
    "another instruction": lambda turns: [{**turns[0], "content": "Is it?\nx"}, turns[1]],
    "the answer of nobody": lambda turns: [turns[0], {**turns[1], "content": "yes"}],
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_a_changed_chat_under_fresh_hashes_is_found(chats, tmp_path, spoil):
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in chats.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    rows = list(files.read(copy / "val.jsonl"))
    rows[0] = {"messages": spoil(rows[0]["messages"])}
    files.write(copy / "val.jsonl", rows)
    told = files.read_json(copy / files.MANIFEST)
    del told["outputs"]
    folder.write_manifest(copy, told)
    with pytest.raises(VerifyFailed, match=r"val\.jsonl:1"):
        build.verify(copy)


def test_the_card_shows_and_names_the_column_that_is_written(chats, tiny):
    facts = report.Facts.model_validate(files.read_json(chats / files.MANIFEST))
    shown = card(tiny.built.rows, facts)
    assert "| `messages` |" in shown
    assert "| `instruction` |" not in shown
    assert '"messages": [' in shown


def test_training_here_says_that_it_reads_alpaca(chats):
    with pytest.raises(AskedWrongly, match="chat messages") as raised:
        train.data.read(chats)
    assert "format=alpaca" in raised.value.hint


def test_a_loop_says_so_before_anything_is_built(tiny, tmp_path):
    asked = loop.Loop(tiny.recipe.model_copy(update={"format": "messages"}), "model")
    nowhere = train.Environment(tmp_path, {})
    with pytest.raises(AskedWrongly, match="alpaca"):
        loop.loop(asked, tmp_path / "out", nowhere, train.Teller(print, print))
    assert not (tmp_path / "out").exists()


@every_form
def test_a_manifest_says_its_form(form):
    assert folder.form_of({"recipe": {"format": form}}) == form


@pytest.mark.parametrize("manifest", [{}, {"recipe": {}}, {"recipe": {"format": ["x"]}}])
def test_an_older_manifest_is_of_alpaca(manifest):
    assert folder.form_of(manifest) == "alpaca"


def test_descriptions_stand_in_the_question():
    for row in ROWS:
        question, _ = folder.FORMS["messages"].texts(folder.messages(row, "d", "content_first"))
        assert question.endswith(f"Category: {row.category} (d).")
