"""Resources: a task says what it needs, and waits until a node has it, even where none ever will.

Run:   python O6_resources.py
Next:  O7_cluster.py
Docs:  https://docs.ray.io/en/latest/ray-core/scheduling/index.html
Time:  15 minutes
"""

import atexit
import importlib.util
import os
import secrets
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import ray
from ray.cluster_utils import Cluster
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy, PlacementGroupSchedulingStrategy

NODE = {"num_cpus": 1, "resources": {"printer": 1}}  # what each node has besides the first, which has no printer
GREETINGS = "def greet(name):\n    return f'Hello, {name}!'\n"
# A wheel is a zip file: a module, and three files about it.
WHEEL_NAME = "parcel-1.0-py3-none-any.whl"
WHEEL = {
    "parcel.py": "CONTENT = 'a package for one task'\n",
    "parcel-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: parcel\nVersion: 1.0\n",
    "parcel-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "parcel-1.0.dist-info/RECORD": "",
}


@ray.remote(num_cpus=0, resources={"printer": 1})
def use_printer(seconds):
    """Print for so long, return when that began and when it ended."""
    began = time.time()
    time.sleep(seconds)
    return began, time.time()


@ray.remote(num_cpus=0.1)
def where():
    """Return the id of the node on which this runs."""
    return ray.get_runtime_context().get_node_id()


@ray.remote
class Holder:
    """Does nothing with what it gets but hold it."""

    def node(self):
        """Return the id of the node on which this runs."""
        return ray.get_runtime_context().get_node_id()


@ray.remote(num_cpus=0.1)
def greet():
    """Greet whom the environment names, with a module that only workers can import."""
    return importlib.import_module("greetings").greet(os.environ.get("NAME", "stranger"))


@ray.remote(num_cpus=0.1)
def open_parcel():
    """Return what is in the package, if this worker has it."""
    return importlib.import_module("parcel").CONTENT if importlib.util.find_spec("parcel") else "not installed"


def write_wheel(path):
    """Write the package to a file."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in WHEEL.items():
            archive.writestr(name, text)


def main():
    """Run the lesson."""
    # The nodes get a password, a token. Ray looks for one when it is imported, so this starts the script once more.
    if "RAY_AUTH_MODE" not in os.environ:
        token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        os.execve(sys.executable, [sys.executable, __file__], os.environ | token)

    folder = tempfile.TemporaryDirectory()
    module, packages, wheel = (Path(folder.name) / name for name in ("greetings", "packages", WHEEL_NAME))
    module.mkdir()
    (module / "__init__.py").write_text(GREETINGS)
    write_wheel(wheel)

    # Starts three nodes of its own on this machine, whatever RAY_ADDRESS says, since it has to know what each of them
    # has. Machines of your own join a cluster by a command:
    #     ray start --address=<host:port> --num-cpus=1 --resources='{"printer": 1}' --labels=zone=west
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    atexit.register(cluster.shutdown)
    atexit.register(ray.shutdown)  # what is registered last comes first
    for zone in "west", "east":
        cluster.add_node(**NODE, labels={"zone": zone})
    ray.init(address=cluster.address, runtime_env={"py_modules": [str(module)]})
    total = ray.cluster_resources()
    print("nodes:", len(ray.nodes()), "CPUs:", total["CPU"], "printers:", total["printer"])
    # -> nodes: 3 CPUs: 3.0 printers: 2.0

    # A request is a number that Ray subtracts from what a node has left. Fractions will do, and a resource is whatever
    # you call one. Nothing is enforced: an actor with half a CPU may keep two busy, and one with 200 MB may take 300.
    holder = Holder.options(num_cpus=0.5, memory=200e6, resources={"printer": 1}).remote()
    ray.get(holder.node.remote())
    left = ray.available_resources()
    print("held:", {name: total[name] - left.get(name, 0) for name in ("CPU", "memory", "printer")})
    # -> held: {'CPU': 0.5, 'memory': 200000000.0, 'printer': 1.0}
    ray.kill(holder)

    # Who asks for what others hold waits for them. (ipu/ hands out devices in this way.)
    times = ray.get([use_printer.remote(0.2) for _ in range(4)])
    print("at most two print at once:", max(sum(a <= began < b for a, b in times) for began, _ in times) <= 2)
    # -> at most two print at once: True

    # What no node has is waited for too, without an error: a node that has it might join. So give get() a timeout,
    # compare with what the nodes have, and look at what waits: `ray status` lists it under Demands.
    never = use_printer.options(resources={"printer": 2}).remote(0)
    try:
        ray.get(never, timeout=1)
    except ray.exceptions.GetTimeoutError:
        most = max(node["Resources"].get("printer", 0) for node in ray.nodes())
        print("waits for two printers on one node, where the most is", most)
        # -> waits for two printers on one node, where the most is 1.0
    ray.cancel(never)

    # Which node it is matters to some. "SPREAD" takes them in turn, an affinity one of them, a label one of a kind.
    spread = [ray.get(where.options(scheduling_strategy="SPREAD").remote()) for _ in range(6)]
    print("nodes with SPREAD:", len(set(spread)))
    # -> nodes with SPREAD: 3
    named = NodeAffinitySchedulingStrategy(spread[-1], soft=False)  # soft: another one, where that is gone
    print("the node that was named:", ray.get(where.options(scheduling_strategy=named).remote()) == spread[-1])
    # -> the node that was named: True
    zones = {node["NodeID"]: node["Labels"].get("zone") for node in ray.nodes()}
    print("a node with the label:", zones[ray.get(where.options(label_selector={"zone": "east"}).remote())])
    # -> a node with the label: east

    # A placement group reserves several bundles at once, or none: what works together starts together. PACK puts them
    # on few nodes, so that data has short ways, SPREAD on many, so that they do not fail together. STRICT_ insists.
    for strategy in "PACK", "STRICT_SPREAD":
        group = placement_group([{"CPU": 0.5}, {"CPU": 0.5}], strategy=strategy)
        bundles = [PlacementGroupSchedulingStrategy(group, index) for index in range(2)]
        nodes = ray.get([where.options(scheduling_strategy=bundle).remote() for bundle in bundles])
        print(f"nodes with {strategy}:", len(set(nodes)))
        remove_placement_group(group)
    # -> nodes with PACK: 1
    # -> nodes with STRICT_SPREAD: 2
    bundles = [{"CPU": 0.5}] * 4
    reserved = placement_group(bundles, strategy="STRICT_SPREAD").wait(timeout_seconds=1)
    print(len(bundles), "bundles on three nodes:", reserved)
    # -> 4 bundles on three nodes: False

    # A runtime environment is what a worker finds around it: here a module that ray.init() has sent to all nodes, and
    # a variable of one task alone.
    print("here:", importlib.util.find_spec("greetings"), "in a worker:", ray.get(greet.remote()))
    # -> here: None in a worker: Hello, stranger!
    print("with a variable:", ray.get(greet.options(runtime_env={"env_vars": {"NAME": "Ada"}}).remote()))
    # -> with a variable: Hello, Ada!

    # A package for one task alone. {"pip": ["parcel==1.0"]} would fetch it from an index, after Ray has copied all of
    # the virtual environment that it runs in. Where packages come as files, a folder does, that all nodes can read.
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install", "--quiet", "--no-index"]
    subprocess.run([*pip, "--target", packages, wheel], check=True)
    alone = open_parcel.options(runtime_env={"env_vars": {"PYTHONPATH": str(packages)}})
    print("one task:", ray.get(alone.remote()), "| the others:", ray.get(open_parcel.remote()))
    # -> one task: a package for one task | the others: not installed


if __name__ == "__main__":
    main()
