"""One workflow at a time writes into a folder of results, and one into the data folder.

Snakemake's own lock stays behind after kill -9 and then has to be removed by hand; this one the kernel releases.
"""

import fcntl

LOCKS = []


def folder_of(path):
    return DATA if Path(path).is_relative_to(DATA) else "/".join(Path(path).parts[:2])


def lock():
    written = (path for job in workflow.dag.needrun_jobs() for path in (*job.output, *job.log))
    for folder in sorted(set(map(folder_of, written))):
        os.makedirs(folder, exist_ok=True)
        LOCKS.append(open(f"{folder}/.lock", "w"))
        try:
            fcntl.flock(LOCKS[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(
                f"Another workflow writes to {folder}. Wait for it to end, or give this one another folder: `run` for its "
                "results, `models_run` for base models, `data` for downloads."
            )
        except OSError as error:  # some shared file systems are set up without locks
            print(f"{folder} cannot be locked ({error.strerror}): start no second workflow there", file=sys.stderr)


onstart:
    lock()
    start_warm()
    choose_only_when_a_job_ends()
