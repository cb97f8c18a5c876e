"""Build: the stages of a data set, from a recipe to a folder that is proved."""

from piiforge.build.build import (
    Maker,
    build,
    build_again,
    check_file,
    compose_file,
    doubted,
    export_file,
    jobs,
    split_file,
    summary,
    summary_text,
    verify,
    write_report,
)
from piiforge.build.folder import broken, certify, compare, is_built, read_rows, refuse_no_cases
from piiforge.build.forecast import forecast, preview
from piiforge.build.order import categories_of, idle_seeds, idle_seeds_of, plan_of, shown
from piiforge.build.push import Pushed, Pushing, push
from piiforge.build.report import shown as marked

__all__ = [
    "Maker",
    "Pushed",
    "Pushing",
    "broken",
    "build",
    "build_again",
    "categories_of",
    "certify",
    "check_file",
    "compare",
    "compose_file",
    "doubted",
    "export_file",
    "forecast",
    "idle_seeds",
    "idle_seeds_of",
    "is_built",
    "jobs",
    "marked",
    "plan_of",
    "preview",
    "push",
    "read_rows",
    "refuse_no_cases",
    "shown",
    "split_file",
    "summary",
    "summary_text",
    "verify",
    "write_report",
]
