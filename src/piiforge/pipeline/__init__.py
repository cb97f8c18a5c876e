"""Pipeline: the one place where rooms are put in sequence."""

from piiforge.pipeline.again import build_again
from piiforge.pipeline.build import build, make_rows
from piiforge.pipeline.made import Built
from piiforge.pipeline.making import Job, Maker, jobs
from piiforge.pipeline.ordering import order_of, plan_of
from piiforge.pipeline.showing import shown
from piiforge.pipeline.stages import check_file, compose_file, export_file, split_file, write_report
from piiforge.pipeline.summing import plan_table, summary, summary_text
from piiforge.pipeline.verify import is_built, read_rows, verify
from piiforge.pipeline.write import Manner, foresee, write
from piiforge.pipeline.write_telling import forecast_text, report_text

__all__ = [
    "Built",
    "Job",
    "Maker",
    "Manner",
    "build",
    "build_again",
    "check_file",
    "compose_file",
    "export_file",
    "forecast_text",
    "foresee",
    "is_built",
    "jobs",
    "make_rows",
    "order_of",
    "plan_of",
    "plan_table",
    "read_rows",
    "report_text",
    "shown",
    "split_file",
    "summary",
    "summary_text",
    "verify",
    "write",
    "write_report",
]
