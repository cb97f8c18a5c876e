"""The example notebook runs from top to bottom, and what it shows displays itself.

Its cells are run as plain Python, as a kernel would: what stands last in a cell is shown. So no
Jupyter is needed here.
"""

import ast
import json
import tempfile
from pathlib import Path

import pytest

from piiforge import predict, scan
from piiforge.predict import Detection
from piiforge.types import Cue, Example, Mention, Span, Verdict

NOTEBOOK = Path(__file__).parents[1] / "examples" / "first_look.ipynb"
TOLD = json.loads(NOTEBOOK.read_text("utf-8"))
SCRIPT = "<script>alert(1)</script>"


def run_cell(source, names):
    """Run a cell and return what it shows."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Run the notebook and return what each of its cells shows."""
    here = tmp_path_factory.mktemp("notebook")
    patch = pytest.MonkeyPatch()
    patch.setattr(tempfile, "tempdir", str(here))
    names = {"__name__": "__main__"}
    cells = [cell for cell in TOLD["cells"] if cell["cell_type"] == "code"]
    found = [run_cell("".join(cell["source"]), names) for cell in cells]
    names["detector"].close()
    patch.undo()
    return found


def test_it_is_a_notebook_without_the_outputs_of_somebodys_machine():
    assert TOLD["nbformat"] == 4
    assert len({cell["id"] for cell in TOLD["cells"]}) == len(TOLD["cells"])
    assert all(not cell["outputs"] for cell in TOLD["cells"] if cell["cell_type"] == "code")


def test_it_shows_each_thing_that_displays_itself(shown):
    own = [one for one in shown if hasattr(one, "_repr_html_")]
    kinds = [type(one).__name__ for one in own]
    assert kinds == ["Detection", "Scanned", "Built", "Example", "Judged"]
    assert all(one._repr_html_().startswith("<") for one in own)


def test_it_flags_what_holds_a_value(shown):
    assert shown[0] == [True, True, True, True, False]
    assert shown[1]["ssn"] == [True, False, False, False, False]


def test_what_a_scan_shows_holds_no_value_of_the_log(shown):
    (found,) = (one for one in shown if isinstance(one, scan.Scanned))
    page = found._repr_html_() + repr(found)
    digits = {piece for line in predict.sample_lines() for piece in line.content.split("=")}
    assert "5 scanned rows" in page
    assert not [piece for piece in digits if piece.isdigit() and piece in page]


def test_a_verdict_shows_its_words_as_text():
    assert SCRIPT not in Detection("ssn", True, 0.9, None, SCRIPT)._repr_html_()


def test_a_row_shows_its_values_marked_and_its_line_as_text():
    content = f"{SCRIPT} ssn=666-12-3456"
    spans = (Span(content.index("666"), len(content)), Span(content.index("12"), len(content)))
    row = Example(
        "0", "train", "ssn", content, Verdict(True, 0.9, SCRIPT), "en", "xhr", "f", "f", "s",
        "plain", (), Cue.CONFIRM, ("ssn",), (Mention("ssn", "valid", "666123456", spans),),
    )  # fmt: skip
    page = row._repr_html_()
    assert "<mark>666-12-3456</mark></pre>" in page
    assert page.count("<mark>") == 1
    assert "<script" not in page
