"""Judge: predict and score, from files to reports."""

from piiforge.judge.cases import descriptions_of, read_cases
from piiforge.judge.predict import Predicted, Question, predict_file
from piiforge.judge.score import (
    Judging,
    mine_files,
    score_files,
    split_of,
    write_calibration,
    write_mined,
    write_score_report,
)

__all__ = [
    "Judging",
    "Predicted",
    "Question",
    "descriptions_of",
    "mine_files",
    "predict_file",
    "read_cases",
    "score_files",
    "split_of",
    "write_calibration",
    "write_mined",
    "write_score_report",
]
