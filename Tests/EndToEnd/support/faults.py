"""The disk-fault shim: compiled once, preloaded into a server, steered through a shared page."""

import mmap
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "shims/diskfault.c"
FIELDS = ("hold", "fail_with", "flip", "waiting", "reads")


def compile_shim(directory):
    library = Path(directory) / "diskfault.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-o", library, SOURCE, "-ldl"], check=True)
    return library


class DiskFaults:
    """The shim's control page: `faults.hold = 1` stops reads of table files, `faults.waiting` counts them."""

    def __init__(self, directory, path_fragment=".sst"):
        self.library = compile_shim(directory)
        self.path = Path(directory) / "diskfault.control"
        self.path.write_bytes(bytes(4096))
        with open(self.path, "r+b") as file:
            self._page = mmap.mmap(file.fileno(), 4096)
        self.env = {"DISKFAULT_CONTROL": str(self.path), "DISKFAULT_PATH": path_fragment}

    def __getattr__(self, name):
        if name not in FIELDS:
            raise AttributeError(name)
        return struct.unpack_from("=I", self._page, 4 * FIELDS.index(name))[0]

    def __setattr__(self, name, value):
        if name in FIELDS:
            struct.pack_into("=I", self._page, 4 * FIELDS.index(name), value)
        else:
            super().__setattr__(name, value)
