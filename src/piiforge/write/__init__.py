"""Write: a language model writes lines, which are checked, masked and kept as frames."""

from piiforge.write.report import Report, forecast_text, report_text
from piiforge.write.run import Manner, foresee, write

__all__ = ["Manner", "Report", "forecast_text", "foresee", "report_text", "write"]
