"""Pipeline: the one place where rooms are put in sequence."""

from piiforge.pipeline.again import build_again
from piiforge.pipeline.bench import Benched, Benching, bench
from piiforge.pipeline.bench_telling import bench_text
from piiforge.pipeline.build import build, make_rows
from piiforge.pipeline.cases import read_cases
from piiforge.pipeline.loading import load
from piiforge.pipeline.loop import Loop, Looped, loop, looped_text
from piiforge.pipeline.made import Built
from piiforge.pipeline.making import Job, Maker, jobs
from piiforge.pipeline.ordering import order_of, plan_of
from piiforge.pipeline.packing import Packing, pack, pack_record, packed_text
from piiforge.pipeline.predicting import Predicted, Question, predict_file
from piiforge.pipeline.predictions import read_predictions
from piiforge.pipeline.scoring import (
    Judged,
    Judging,
    mine_files,
    read_calibration,
    score_files,
    split_of,
    write_calibration,
    write_mined,
    write_score_report,
)
from piiforge.pipeline.showing import shown
from piiforge.pipeline.stages import check_file, compose_file, export_file, split_file, write_report
from piiforge.pipeline.summing import plan_table, summary, summary_text
from piiforge.pipeline.verify import is_built, read_rows, verify
from piiforge.pipeline.write import Manner, foresee, write
from piiforge.pipeline.write_telling import forecast_text, report_text

__all__ = [
    "Benched",
    "Benching",
    "Built",
    "Job",
    "Judged",
    "Judging",
    "Loop",
    "Looped",
    "Maker",
    "Manner",
    "Packing",
    "Predicted",
    "Question",
    "bench",
    "bench_text",
    "build",
    "build_again",
    "check_file",
    "compose_file",
    "export_file",
    "forecast_text",
    "foresee",
    "is_built",
    "jobs",
    "load",
    "loop",
    "looped_text",
    "make_rows",
    "mine_files",
    "order_of",
    "pack",
    "pack_record",
    "packed_text",
    "plan_of",
    "plan_table",
    "predict_file",
    "read_calibration",
    "read_cases",
    "read_predictions",
    "read_rows",
    "report_text",
    "score_files",
    "shown",
    "split_file",
    "split_of",
    "summary",
    "summary_text",
    "verify",
    "write",
    "write_calibration",
    "write_mined",
    "write_report",
    "write_score_report",
]
