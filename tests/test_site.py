"""The documentation builds as a site: every link and anchor leads somewhere, nothing is fetched."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytest.importorskip("mkdocs", reason="the site is built with mkdocs-material")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", out],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def test_every_page_is_in_the_menu(site):
    written = {path.relative_to(ROOT / "docs").with_suffix(".html").as_posix()
               for path in (ROOT / "docs").rglob("*.md")}  # fmt: skip
    menu = (site / "index.html").read_text(encoding="utf-8")
    assert {page for page in written if f'href="{page}"' not in menu} <= {"index.html"}


def test_nothing_is_fetched_from_elsewhere(site):
    fetched = re.compile(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["']?https?://[^"'> ]+""")
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        found = [one for one in fetched.findall(text) if 'rel="canonical"' not in one]
        assert not found, page.name


def test_the_reference_shows_what_python_offers(site):
    text = (site / "reference" / "python.html").read_text(encoding="utf-8")
    for name in ("piiforge.predict.load", "piiforge.scan.run", "piiforge.build.build"):
        assert f'id="{name}"' in text
