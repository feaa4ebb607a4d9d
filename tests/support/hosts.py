"""Several hosts on this machine: network namespaces with an address each, connected by a bridge.

They share the memory, the clock, and the file system except for Ray's temporary folder. Nothing on them listens outside
their network, and they reach nothing outside. The namespaces vanish with the last process in them.
"""

import os
import shutil
import subprocess
import tempfile

import psutil

from tests.support.places import Place, ended

NETWORK = "10.77.0"
# Keeps a namespace alive until its standard input is closed, if need be because pytest was killed. On a host it first
# mounts Ray's folder.
HOLD = 'ip link set lo up && if [ $# = 2 ]; then mount --bind "$1" "$2"; fi && echo ready && cat > /dev/null; exit'
# Ray looks for nodes among the processes, so each host has its own.
OWN = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc"]


class NoHostsError(Exception):
    """No network namespaces can be made here. The message gives the reason."""


class Host:
    """A host: an address, a place for its files, and a link that can be cut."""

    def __init__(self, hosts, number):
        self.hosts, self.place = hosts, Place.make()
        hosts.hosts.append(self)
        self.address, self.link = f"{NETWORK}.{number}", f"host{number}"
        mounted = [self.place.folder / "ray", hosts.ray_folder]
        outer = hosts.namespace([*hosts.inside(hosts.bridge), *OWN], *mounted)
        [self.pid] = [child.pid for child in psutil.Process(outer.pid).children()]

    def popen(self, command, **variables):
        """Start a command on this host, in its place, and return the Popen, with the output in pipes."""
        change = ["sh", "-c", 'cd "$0" && exec "$@"', self.place.work]  # entering a mount namespace changes the folder
        command = [*self.hosts.inside(self.pid), "--mount", "--pid", *change, *map(str, command)]
        environment = self.place.environment(RAY_TMPDIR=self.hosts.ray_folder, **variables)
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True)

    def run(self, command, **variables):
        """Run a command on this host to its end, and return it as a CompletedProcess."""
        return ended(self.popen(command, **variables))

    def titles(self):
        """Return the command lines of its processes, one a line."""
        return "\n".join(" ".join(process.cmdline()) for process in self.place.processes())

    def plug(self, state):
        """Cut the host's link ("down"), or connect it again ("up")."""
        self.hosts.ip("link", "set", self.link, state)

    def cut_power(self):
        """Kill all its processes. The other hosts do not hear that their connections end. plug("up") follows."""
        self.plug("down")
        self.place.kill()


class Hosts:
    """A bridge and the hosts that are connected to it. Use it as a context manager."""

    def __init__(self, count):
        for tool in "ip", "unshare", "nsenter":
            if not shutil.which(tool):
                raise NoHostsError(f"{tool} is missing, which Debian has in iproute2 or util-linux")
        self.user = [] if os.geteuid() == 0 else ["--user"]
        self.processes, self.hosts = [], []
        self.ray_folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # each host mounts its own there
        try:
            outside = ["unshare", *(["--user", "--map-root-user"] if self.user else []), "--net"]
            self.bridge = self.namespace(outside).pid
            self.ip("link", "add", "bridge", "type", "bridge")
            self.ip("link", "set", "bridge", "up")
            for number in range(1, count + 1):
                self.add(number)
        except subprocess.CalledProcessError as error:
            self.close()
            raise NoHostsError(f"no hosts can be connected here: {error.stderr.strip()}") from error
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.close()

    def namespace(self, command, *mounted):
        """Start the process that keeps a new namespace alive, and return it."""
        pipe = subprocess.PIPE
        command = [*command, "sh", "-c", HOLD, "hold", *mounted]
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self.processes.append(process)
        if process.stdout.readline() != "ready\n":
            raise NoHostsError(f"no network namespaces here: {process.stderr.read().strip()}")
        return process

    def inside(self, pid):
        """Return the command that runs another one in the network of a process."""
        preserve = ["--preserve-credentials"] if self.user else []
        return ["nsenter", "--target", str(pid), "--net", *self.user, *preserve]

    def ip(self, *arguments, at=None):
        """Run `ip` in a namespace, by default the one with the bridge. Raises CalledProcessError."""
        subprocess.run([*self.inside(at or self.bridge), "ip", *arguments], check=True, capture_output=True, text=True)

    def add(self, number):
        """Add the host with this number."""
        host = Host(self, number)
        at = host.pid
        self.ip("link", "add", host.link, "type", "veth", "peer", "name", "eth0", "netns", str(at))
        self.ip("link", "set", host.link, "master", "bridge", "up")
        self.ip("address", "add", f"{host.address}/24", "dev", "eth0", at=at)
        self.ip("link", "set", "eth0", "up", at=at)
        self.ip("route", "add", "default", "dev", "eth0", at=at)  # by which Ray finds the host's own address

    def close(self):
        """End all processes on the hosts, and the namespaces, and remove the folders."""
        for process in self.processes:
            process.communicate()  # closes its standard input
        for host in self.hosts:
            host.place.remove()
        shutil.rmtree(self.ray_folder)
