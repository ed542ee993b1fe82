# SPDX-License-Identifier: 0BSD
"""emission_test on the AVX-512 path where the processor has none: avx512.py EMISSION_TEST PLUGINS
VECTORS KERNEL. A small Linux boots in an emulated processor (Bochs, Skylake-X) and runs the same
program with the same plugins.
"""

import contextlib
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
NEEDED = {"avx512f", "avx512dq", "avx512bw"}  # what the path asks for
# With four threads all that names the path, with one the cases; what walks all paths by itself.
TESTS = "*avx5124:*.Cases*avx5121:Tiles.*:Fast.*Tiny*"
TIME_MAX = 1500

LOADER = ("/usr/lib/ISOLINUX/isolinux.bin", "/usr/lib/syslinux/modules/bios/ldlinux.c32")
BUSYBOX = "/bin/busybox"
BIOS = ("/usr/share/bochs/BIOS-bochs-latest", "/usr/share/bochs/VGABIOS-lgpl-latest")

INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
exec >/dev/ttyS0 2>&1
/bin/busybox grep -m1 ^flags /proc/cpuinfo
{program} --gtest_color=no --gtest_filter='{tests}'
echo "exit code $?"
/bin/busybox sleep 0.1
/bin/busybox poweroff -f
"""

# Without XSAVES and XSAVEC: Linux finds the size that Bochs 2.7 reports for them wrong, and would
# do without AVX altogether.
BOOT = """default linux
label linux
kernel linux
append initrd=root.gz console=ttyS0 quiet nosmp no_timer_check clearcpuid=xsaves,xsavec
"""

EMULATOR = """cpu: model=corei7_skylake_x, ips=100000000
clock: sync=none
megs: 1024
romimage: file={bios[0]}
vgaromimage: file={bios[1]}
ata0-master: type=cdrom, path={folder}/boot.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=term, dev={serial}
log: {folder}/log
display_library: term
speaker: enabled=0
panic: action=fatal
error: action=ignore
info: action=ignore
"""


def has_avx512():
    flags = re.search(r"^flags\s*:(.*)$", pathlib.Path("/proc/cpuinfo").read_text("utf-8"), re.M)
    return flags is not None and NEEDED <= set(flags[1].split())


def missing(kernel):
    """What is not installed."""
    programs = [each for each in ("bochs", "xorriso", "cpio") if shutil.which(each) is None]
    return programs + [each for each in (kernel, BUSYBOX, *LOADER, *BIOS)
                       if not os.path.exists(each)]


def libraries(files):
    """The shared libraries that these load, the loader itself included."""
    told = subprocess.run(["ldd", *files], check=True, capture_output=True, text=True).stdout
    return {path for path in re.findall(r"(/\S+) \(0x", told)}


def copy(path, root):
    """To the same place below root."""
    to = root / path.lstrip("/")
    to.parent.mkdir(parents=True, exist_ok=True)
    if os.path.isdir(path):
        shutil.copytree(path, to)
    else:
        shutil.copy(path, to)


def make_disk(folder, program, plugins, vectors, kernel):
    """A CD with the kernel and, as its first file system, the program with all it reads."""
    root, disk = folder / "root", folder / "disk"
    for name in ("proc", "sys", "dev", "tmp"):
        (root / name).mkdir(parents=True)
    wanted = [str(each) for each in pathlib.Path(plugins).glob("*.sbn.so")]
    for path in [BUSYBOX, program, vectors, *wanted, *libraries([program, *wanted])]:
        copy(path, root)
    (root / "init").write_text(INIT.format(program=program, tests=TESTS), "utf-8")
    (root / "init").chmod(0o755)
    disk.mkdir()
    shutil.copy(kernel, disk / "linux")
    for path in LOADER:
        shutil.copy(path, disk)
    (disk / "isolinux.cfg").write_text(BOOT, "utf-8")
    subprocess.run("find . | cpio --quiet -o -H newc | gzip -1 >../disk/root.gz", shell=True,
                   check=True, cwd=root)
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-o", str(folder / "boot.iso"), "-b",
                    "isolinux.bin", "-c", "boot.cat", "-no-emul-boot", "-boot-load-size", "4",
                    "-boot-info-table", str(disk)], check=True)


def follow(folder):
    """Runs the emulator and prints what the guest says as it comes; all of it."""
    serial, guest = pty.openpty()
    screen, shown = pty.openpty()  # it wants a terminal, which nobody looks at
    (folder / "rc").write_text(
        EMULATOR.format(folder=folder, bios=BIOS, serial=os.ttyname(guest)), "utf-8")
    (folder / "debugger").write_text("c\n", "utf-8")  # Debian's begins in its debugger
    emulator = subprocess.Popen(
        ["timeout", "-k", "1", str(TIME_MAX), "bochs", "-q", "-f", str(folder / "rc"), "-rc",
         str(folder / "debugger")],
        stdin=shown, stdout=shown, stderr=shown, env=os.environ | {"TERM": "linux"})
    os.close(shown)
    said = ""
    while emulator.poll() is None:
        for ready in select.select([serial, screen], [], [], 1)[0]:
            new = read(ready)
            if ready == serial:
                print(new, end="", flush=True)
                said += new
    while select.select([serial], [], [], 0)[0]:
        said += read(serial)
    return said


def read(terminal):
    """Nothing where its other end is closed."""
    with contextlib.suppress(OSError):
        return os.read(terminal, 65536).decode("utf-8", "replace").replace("\r", "")
    return ""


def main():
    program, plugins, vectors, kernel = (os.path.realpath(each) for each in sys.argv[1:])
    if has_avx512():
        print("this processor has AVX-512: emission_test itself runs that path")
        sys.exit(SKIPPED)
    if lacking := missing(kernel):
        print(f"not there: {', '.join(lacking)}: run config/debian/setup.sh")
        sys.exit(1 if os.environ.get("CI") else SKIPPED)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_disk(folder, program, plugins, vectors, kernel)
        said = follow(folder)
        if "exit code" not in said:
            print("the emulator's log:", (folder / "log").read_text("utf-8")[-2000:])
    assert NEEDED <= set(said.split()), "the emulated processor has no AVX-512"
    assert re.search(r"exit code 0\b", said), "the tests failed or did not end"
    ran = re.findall(r"\[       OK \] \S+/avx512\d", said)
    assert len(ran) == 9, f"{len(ran)} of 9 tests that name the path ran"


if __name__ == "__main__":
    main()
