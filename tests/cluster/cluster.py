"""A real Slurm on this machine: two nodes that are not really there, with declared GPUs and without accounting.

It needs root and the Debian packages slurm-wlm and munge, writes into one folder only and listens on 127.0.0.1 only.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from run import die_with_parent

TOOLS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel", "sinfo", "sacct")
NODES = ("node1", "node2")
CPUS, GPUS = 2, 2  # of each node, whatever the machine has

CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
# A job that Slurm starts again waits for as long as a credential is valid.
AuthInfo=socket={folder}/munge/socket,cred_expire=10
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
PlugStackConfig={folder}/plugstack.conf
MailProg=/bin/true
# No cgroups, and jobs may ask for more cores than the machine has.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
# Without accounting, squeue must remember how a job ended.
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MinJobAge=86400
ReturnToService=1
KillWait=5
EnforcePartLimits=ALL
SchedulerParameters=batch_sched_delay=0,bf_interval=1,sched_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=batch Nodes=ALL Default=YES PriorityTier=1
PartitionName=urgent Nodes=ALL PriorityTier=2
"""


class Cluster:
    """`path` is the PATH of programs that use it."""

    def __init__(self, folder: Path):
        self.folder, self.daemons = folder, {}
        self.path = f"{folder}/bin{os.pathsep}{os.environ['PATH']}"
        for name in ("munge", "state", "bin", *NODES):
            (folder / name).mkdir(parents=True)
        self._configure()
        self._wrap_commands()

    def _configure(self) -> None:
        host, (port, *ports) = socket.gethostname().split(".")[0], _free_ports(1 + len(NODES))
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        lines = [
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={own} CPUs={CPUS} RealMemory={memory}"
            f" Gres=gpu:{GPUS}"
            for node, own in zip(NODES, ports, strict=True)
        ]
        text = CONFIGURATION.format(host=host, port=port, folder=self.folder)
        (self.folder / "slurm.conf").write_text(text.replace("PartitionName", "\n".join(lines) + "\nPartitionName", 1))
        for number in range(GPUS):  # slurmd wants a character device
            (self.folder / f"gpu{number}").symlink_to("/dev/null")
        (self.folder / "gres.conf").write_text(f"AutoDetect=off\nName=gpu File={self.folder}/gpu[0-{GPUS - 1}]\n")
        (self.folder / "plugstack.conf").touch()
        (self.folder / "munge/key").write_bytes(os.urandom(1024))
        (self.folder / "munge/key").chmod(0o600)
        (self.folder / "munge").chmod(0o711)

    def _wrap_commands(self) -> None:
        """Commands that know where the configuration is: Snakemake's plugin takes SLURM_CONF away from srun."""
        for tool in TOOLS:
            wrapper = self.folder / "bin" / tool
            wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {shutil.which(tool)} "$@"\n')
            wrapper.chmod(0o755)

    def start(self) -> None:
        munge = self.folder / "munge"
        files = [f"--{name}-file={munge}/{name}" for name in ("key", "seed", "log", "pid")]
        self._run("munged", "--foreground", "--force", f"--socket={munge}/socket", *files)
        _wait("munge", (munge / "socket").exists)
        self._run("slurmctld", "-D")
        for node in NODES:
            self._run("slurmd", "-D", "-N", node, name=node)
        self.wait_for_nodes()

    def _run(self, daemon: str, *arguments: str, name: str = "") -> None:
        """A daemon that ends when this process does."""
        with (self.folder / f"{name or daemon}.log").open("a") as log:
            self.daemons[name or daemon] = subprocess.Popen(
                [self.folder / "bin" / daemon if (self.folder / "bin" / daemon).exists() else daemon, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )

    def stop(self) -> None:
        if "slurmctld" in self.daemons and self.daemons["slurmctld"].poll() is None:
            self.call("scancel", "--user=root")
            with contextlib.suppress(TimeoutError):
                _wait("the end of all jobs", lambda: not self.call("squeue", "--noheader"))
        for daemon in reversed(self.daemons.values()):
            daemon.terminate()
            daemon.wait(30)

    def call(self, tool: str, *arguments: str) -> str:
        done = subprocess.run(
            [self.folder / "bin" / tool, *arguments], capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout.strip()

    def jobs(self, comment: str) -> list[dict[str, str]]:
        """All that Slurm knows of the jobs with this comment, which Snakemake makes of rule and wildcards; in order."""
        listed = [
            re.findall(r"(\S+?)=(\S*)", line)
            for line in self.call("scontrol", "--oneliner", "show", "job").splitlines()
        ]
        return [job for job in map(dict, listed) if job.get("Comment") == comment]

    def wait_for_nodes(self) -> None:
        """Until each answers (no *) and is up; those that the scheduler has plans for have states of their own."""
        _wait("the nodes", lambda: not any(re.match("down|unk|.*[*]", self.state(node)) for node in NODES))

    def state(self, node: str) -> str:
        return self.call("sinfo", "--noheader", "--format=%T", f"--nodes={node}", "--partition=batch")

    def restart(self, node: str) -> None:
        """As a power cut does it: all that runs on the node is gone, and the node comes back with nothing."""
        self.daemons[node].kill()
        self.daemons[node].wait()
        for process in _processes_of(node, self.folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        # The controller is told: left to see by itself that the node has booted, it may see that twice or not at all.
        self.call("scontrol", "update", f"nodename={node}", "state=down", "reason=power")
        self._run("slurmd", "-D", "-N", node, name=node)
        self.call("scontrol", "update", f"nodename={node}", "state=resume")
        self.wait_for_nodes()


def _processes_of(node: str, folder: Path) -> list[int]:
    """Slurm's own that look after jobs on the node, and then the jobs, which their environment tells.

    In this order, or Slurm would see the jobs fail before it is gone itself.
    """
    keepers, jobs = set(), set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            environment = (process / "environ").read_bytes()
            if f"SLURMD_NODENAME={node}\0".encode() in environment and bytes(folder) in environment:
                keepers |= set(_keepers(process))
                jobs.add(int(process.name))
    return [*sorted(keepers), *jobs - keepers]


def _keepers(process: Path) -> list[int]:
    """Those of a process's ancestors that are a slurmstepd."""
    found = []
    while process.name != "0":
        name, parent = re.fullmatch(r"\d+ \((.*)\) \S (\d+) .*", (process / "stat").read_text(), re.S).groups()
        found += [int(process.name)] if name == "slurmstepd" else []
        process = Path("/proc", parent)
    return found


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _wait(what: str, ready, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.1)
