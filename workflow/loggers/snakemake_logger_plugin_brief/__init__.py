"""What `make` shows of a run: a line for each job that has ended, and warnings and errors whole.

Used as `PYTHONPATH=workflow/loggers snakemake --logger brief`. Snakemake's own --quiet takes the errors of jobs away
with the jobs. A dry run, -p and --verbose ask for more and get Snakemake's own messages.
"""

import logging
import sys
import time

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent


class LogHandler(LogHandlerBase):
    writes_to_stream = True
    writes_to_file = has_filter = has_formatter = needs_rulegraph = False

    def __post_init__(self) -> None:
        asked = self.common_settings
        self.brief = not (asked.dryrun or asked.printshellcmds or asked.verbose)
        self.jobs: dict[int, str] = {}
        self.ended = ""

    def emit(self, record: logging.LogRecord) -> None:
        if not self.brief or record.levelno >= logging.WARNING:
            print(self.format(record), file=sys.stderr, flush=True)
            return
        if record.getMessage().startswith("Nothing to be done"):
            print(record.getMessage(), file=sys.stderr, flush=True)
        match getattr(record, "event", None):
            case LogEvent.JOB_INFO:
                self.jobs[record.jobid] = " ".join([record.rule_name, *map(str, record.wildcards.values())])
            case LogEvent.JOB_FINISHED:
                self.ended = self.jobs.get(record.job_id, record.getMessage())
            case LogEvent.PROGRESS:
                clock = time.strftime("%H:%M:%S")
                print(f"{clock}  {record.done} of {record.total} done: {self.ended}", file=sys.stderr, flush=True)
