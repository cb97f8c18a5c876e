"""Write: a language model writes lines, which are checked, masked and kept as frames."""

from piiforge.write.run import Manner, Report, forecast_text, foresee, report_text, write

__all__ = ["Manner", "Report", "forecast_text", "foresee", "report_text", "write"]
