"""Build: the stages of a data set, from a recipe to a folder that is proved."""

from piiforge.build.build import (
    Maker,
    build,
    build_again,
    check_file,
    compose_file,
    export_file,
    jobs,
    plan_table,
    split_file,
    summary,
    summary_text,
    write_report,
)
from piiforge.build.folder import broken, certify, is_built, read_rows, verify
from piiforge.build.order import categories_of, plan_of, shown

__all__ = [
    "Maker",
    "broken",
    "build",
    "build_again",
    "categories_of",
    "certify",
    "check_file",
    "compose_file",
    "export_file",
    "is_built",
    "jobs",
    "plan_of",
    "plan_table",
    "read_rows",
    "shown",
    "split_file",
    "summary",
    "summary_text",
    "verify",
    "write_report",
]
