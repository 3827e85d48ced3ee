"""What `make` shows of a run: a line for each job that has ended, warnings, and errors without their commands.

Used as `PYTHONPATH=workflow/loggers snakemake --logger brief`. Snakemake's own --quiet takes the errors of jobs away
with the jobs. A command holds all settings of its stage, thousands of characters that would hide what the stage said;
the file in .snakemake/log has it. A dry run, -p and --verbose ask for more and get Snakemake's own messages.
"""

import logging
import re
import sys
import time

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

COMMAND = re.compile(r"Command '.*'(?= (?:returned|died))", re.DOTALL)
REFUSED = "returned non-zero exit status 2."  # workflow/run.py has said why, in one line


class LogHandler(LogHandlerBase):
    writes_to_stream = True
    writes_to_file = has_filter = has_formatter = needs_rulegraph = False

    def __post_init__(self) -> None:
        asked = self.common_settings
        self.brief = not (asked.dryrun or asked.printshellcmds or asked.verbose)
        self.jobs: dict[int, str] = {}
        self.ended = ""

    def emit(self, record: logging.LogRecord) -> None:
        if not self.brief:
            print(self.format(record), file=sys.stderr, flush=True)
            return
        if record.levelno >= logging.WARNING:
            if text := self.without_command(record):
                print(text, file=sys.stderr, flush=True)
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

    def without_command(self, record: logging.LogRecord) -> str:
        """A warning or error as Snakemake words it, but for the command; nothing where its stage has refused."""
        if getattr(record, "event", None) == LogEvent.JOB_ERROR:
            record = logging.makeLogRecord({**record.__dict__, "shellcmd": None})
        text = self.format(record)
        failed = COMMAND.search(text)
        return "" if failed and REFUSED in text[failed.end() :] else COMMAND.sub("The command", text)
