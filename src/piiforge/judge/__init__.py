"""Judge: predict and score, from files to reports."""

from piiforge.judge.cases import descriptions_of, read_cases
from piiforge.judge.predict import Predicted, Question, predict_file
from piiforge.judge.score import (
    Judged,
    Judging,
    chance,
    cost_against_f1,
    mine_files,
    score_files,
    score_of,
    split_of,
    write_calibration,
    write_mined,
    write_score_report,
)

__all__ = [
    "Judged",
    "Judging",
    "Predicted",
    "Question",
    "chance",
    "cost_against_f1",
    "descriptions_of",
    "mine_files",
    "predict_file",
    "read_cases",
    "score_files",
    "score_of",
    "split_of",
    "write_calibration",
    "write_mined",
    "write_score_report",
]
