"""A network of machines that is nobody else's: namespaces, a cable each, and a switch between them.

It is made in namespaces of its own, so that it is gone with whoever made it, and nothing of it
reaches this machine's network. Any user may, where the kernel lets users have namespaces.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Set in the process that is within.
WITHIN_VARIABLE = "TESTS_NETWORK"
NAMESPACES = Path("/run/netns")
SWITCH, CABLE = "switch", "cable"
# Addresses for the machines, and the last one for whoever looks at them from the switch.
ADDRESS, OURS = "10.77.0.{}", 254
REFUSED = (
    "no network of one's own can be made here: run it as root, with `ip` (iproute2), or let users "
    "have namespaces, on Ubuntu by sysctl kernel.apparmor_restrict_unprivileged_userns=0\n"
)
UNSHARE = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


@dataclass(frozen=True)
class Machine:
    """One namespace; what runs on it has the network behind its cable alone."""

    name: str
    number: int

    @property
    def address(self) -> str:
        """Where the others reach it."""
        return ADDRESS.format(self.number)

    @property
    def prefix(self) -> tuple[str, ...]:
        """What stands before a command to run it there."""
        return ("nsenter", f"--net={NAMESPACES / self.name}")

    def cut(self) -> None:
        """Drop what it sends and what is sent to it, without a word to anybody."""
        _ip("link", "set", "dev", self.name, "nomaster")

    def heal(self) -> None:
        """Let it be reached again."""
        _ip("link", "set", "dev", self.name, "master", SWITCH)


def run_within(module: str, arguments: Sequence[str]) -> int:
    """The exit status of a module that runs where it may make machines, with all it starts."""
    user = () if os.geteuid() == 0 else ("--user", "--map-current-user", "--keep-caps")
    within = [*UNSHARE, *user]
    if subprocess.run([*within, "ip", "link", "set", "dev", "lo", "up"], check=False).returncode:
        sys.stderr.write(REFUSED)
        return 1
    command = [*within, sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, env=os.environ | {WITHIN_VARIABLE: "1"})
    try:
        return process.wait()
    finally:
        # The first process of the namespace is ended with it, and all others with that.
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


def make_machines(*names: str) -> list[Machine]:
    """Machines that reach each other, and that we reach."""
    # A folder of namespaces that is ours; the machine's own is left alone.
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", NAMESPACES.parent], check=True)
    NAMESPACES.mkdir()
    _ip("link", "set", "dev", "lo", "up")
    _ip("link", "add", "name", SWITCH, "type", "bridge")
    _ip("link", "set", "dev", SWITCH, "address", _hardware(OURS))
    _ip("address", "add", f"{ADDRESS.format(OURS)}/24", "dev", SWITCH)
    _ip("link", "set", "dev", SWITCH, "up")
    machines = [Machine(name, number) for number, name in enumerate(names, 1)]
    for machine in machines:
        _connect(machine)
    # Asked for, the hardware address of a machine that was cut off would be told to be unknown,
    # and every packet to it refused at once: a router in between would drop it.
    for machine in machines:
        for number in (OURS, *(other.number for other in machines if other != machine)):
            _know(number, CABLE, "-n", machine.name)
        _know(machine.number, SWITCH)
    return machines


def _connect(machine: Machine) -> None:
    inside = ("-n", machine.name)
    _ip("netns", "add", machine.name)
    _ip("link", "add", "name", machine.name, "type", "veth", "peer", "name", CABLE)
    _ip("link", "set", "dev", CABLE, "netns", machine.name)
    _ip("link", "set", "dev", machine.name, "master", SWITCH, "up")
    _ip(*inside, "link", "set", "dev", CABLE, "address", _hardware(machine.number), "up")
    _ip(*inside, "address", "add", f"{machine.address}/24", "dev", CABLE)
    _ip(*inside, "link", "set", "dev", "lo", "up")


def _know(number: int, device: str, *where: str) -> None:
    address = ("to", ADDRESS.format(number), "lladdr", _hardware(number))
    _ip(*where, "neighbour", "replace", *address, "dev", device, "nud", "permanent")


def _hardware(number: int) -> str:
    return f"02:00:00:00:00:{number:02x}"


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr.strip()}"
