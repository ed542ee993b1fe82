#!/bin/sh
# SPDX-License-Identifier: 0BSD
# Installs the packages listed beside this file; into build/python and build/peers/python the locked
# Python packages that tests run, into build/peers/node the Node ones; unpacks into
# build/peers/linux the kernel that an emulated processor boots. Debian 12, as root or with sudo;
# safe to run again: when nothing is missing it changes nothing and needs no network.
set -eu

here=$(dirname -- "$0")
list=$here/packages
missing=
for package in $(sed 's/#.*//' "$list"); do
  case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true) in
    ?i*) ;;
    *)
      # NodeSource's nodejs brings npm along and excludes Debian's.
      if [ "$package" = npm ] && command -v npm >/dev/null; then continue; fi
      missing="$missing $package"
      ;;
  esac
done

root=
if [ "$(id -u)" != 0 ] && command -v sudo >/dev/null; then root=sudo; fi
apt() {
  $root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
    apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"
}

# python_packages LOCK VENV WHAT: WHAT is skipped where no index is in reach.
python_packages() {
  locked=$here/../python/$1
  venv=$here/../../build/$2
  if cmp -s "$locked" "$venv/installed.txt"; then
    echo "setup: the Python packages of config/python/$1 are installed"
    return
  fi
  echo "setup: installing the Python packages of config/python/$1"
  rm -rf "$venv"
  python3 -m venv "$venv"
  if "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes \
    --only-binary :all: --no-deps --retries 2 -r "$locked"
  then
    cp "$locked" "$venv/installed.txt"
  else
    echo "setup: no Python package index in reach: $3 will be skipped" >&2
  fi
}

node_packages() {
  locked=$here/../node/package-lock.json
  modules=$here/../../build/peers/node
  if cmp -s "$locked" "$modules/installed.json"; then
    echo "setup: the Node packages of config/node are installed"
    return
  fi
  echo "setup: installing the Node packages of config/node"
  rm -rf "$modules"
  mkdir -p "$modules"
  cp "$here/../node/package.json" "$locked" "$modules/"
  if npm ci --prefix "$modules" --ignore-scripts --no-audit --no-fund --loglevel error; then
    cp "$locked" "$modules/installed.json"
  else
    echo "setup: no Node package registry in reach: the tests with util-crypto will be skipped" >&2
  fi
}

# Of a cloud's Linux: small, and soon up. It is not installed.
kernel() {
  unpacked=$here/../../build/peers/linux
  if [ -e "$unpacked/vmlinuz" ]; then
    echo "setup: the kernel for the emulated processor is there"
    return
  fi
  echo "setup: fetching the kernel for the emulated processor"
  rm -rf "$unpacked"
  mkdir -p "$unpacked/package"
  # Lists of some days ago name one that is gone.
  if download_kernel || { apt update && download_kernel; }; then
    dpkg-deb -x "$unpacked"/*.deb "$unpacked/package"
    mv "$unpacked"/package/boot/vmlinuz-* "$unpacked/vmlinuz"
    rm -r "$unpacked"/package "$unpacked"/*.deb
  else
    echo "setup: no Debian mirror in reach: the test of AVX-512 in an emulator will be skipped" >&2
  fi
}
download_kernel() (
  cd "$unpacked"
  package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.* Depends: //p')
  apt-get -q -o APT::Sandbox::User=root download "$package"
)

other_packages() {
  python_packages requirements.txt python "the OpenAPI test"
  python_packages communex.txt peers/python "the tests with communex"
  node_packages
  kernel
}

if [ -z "$missing" ]; then
  echo "setup: every package of $list is installed"
  other_packages
  exit 0
fi

if [ "$(id -u)" != 0 ] && [ -z "$root" ]; then
  echo "setup: missing:$missing" >&2
  echo "setup: run this as root, or install sudo" >&2
  exit 1
fi

echo "setup: apt-get update"
apt update
echo "setup: apt-get install$missing"
# shellcheck disable=SC2086  # one word a package
apt install --no-install-recommends $missing
other_packages
echo "setup: done"
