"""Laws of scrubbing where text is made: `logging`, structlog, strings and records."""

import io
import logging

import pytest
import scrub_forms as forms

import piiforge
from piiforge import scrub

MAIL, PHONE = forms.drawn("email", 2), forms.drawn("phone", 2)


@pytest.fixture
def logged():
    """Return a logger whose handler has the filter, and what it wrote."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(scrub.Filter())
    handler.setFormatter(
        logging.Formatter("%(levelname)s %(message)s %(user)s", defaults={"user": ""})
    )
    logger = logging.getLogger("piiforge.tests.scrubbed")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, out
    logger.removeHandler(handler)


def test_a_text_loses_its_values_and_nothing_else():
    assert piiforge.scrub.text(f"mail {MAIL} now") == "mail <email> now"
    assert scrub.text("nothing here") == "nothing here"


def test_a_message_and_its_arguments_are_scrubbed(logged):
    logger, out = logged
    logger.warning("signup of %s, email=%s", "jo", MAIL)
    logger.warning("%d rows", 7)
    assert out.getvalue() == "WARNING signup of jo, email=<email> \nWARNING 7 rows \n"


def test_an_exception_and_an_extra_are_scrubbed(logged):
    logger, out = logged
    try:
        raise ValueError(f"no account for {MAIL}")
    except ValueError:
        logger.exception("failed", extra={"user": {"email": MAIL, "n": 1}})
    said = out.getvalue()
    assert MAIL not in said
    assert "no account for <email>" in said
    assert "{'email': '<email>', 'n': 1}" in said


def test_a_record_that_nothing_is_found_in_stays_as_it_is():
    record = logging.makeLogRecord({"msg": "%s of %s", "args": (1, 2), "extra": object()})
    before = dict(record.__dict__)
    assert scrub.Filter().filter(record)
    assert record.__dict__ == before


def test_records_keep_the_objects_that_nothing_is_found_in():
    kept = object()
    [said] = scrub.records([{"email": MAIL, "n": 7, "other": kept}])
    assert said == {"email": "<email>", "n": 7, "other": kept}


def test_structlog_renders_no_value():
    structlog = pytest.importorskip("structlog")
    out = io.StringIO()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(out),
        processors=[
            structlog.processors.format_exc_info, scrub.Processor(),
            structlog.processors.JSONRenderer(),
        ],
    )  # fmt: skip
    logger.info("signup", phone=PHONE, n=1)
    assert out.getvalue() == '{"phone": "<phone>", "n": 1, "event": "signup"}\n'
