"""Run one stage by hand, just as the workflow does: python workflow/run.py STAGE --help."""

import sys
import time

from mialign.core.process import die_with_parent, leave
from stages import GAINING, STAGES
from warm_handover import hand_over


def main() -> int:
    started = time.monotonic()
    stage = sys.argv[1] if len(sys.argv) > 1 else ""
    if stage not in STAGES:
        wrong = f"there is no stage {stage!r}; " if stage else ""
        print(f"{wrong}usage: python workflow/run.py STAGE ...   (stages: {', '.join(STAGES)})", file=sys.stderr)
        return 2
    die_with_parent()
    if stage in GAINING and (status := hand_over(started)) is not None:
        return status
    from run_stage import run_stage  # not for a job that is handed over: it takes as long as all before

    return run_stage(started)


if __name__ == "__main__":
    leave(main())
