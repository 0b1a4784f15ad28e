#!/bin/sh
# Unpack zones into a folder, and refuse bytes other than the expected ones.
#
#   fetch-zones.sh FOLDER RELEASE ZONES [SHA256]
#   fetch-zones.sh rootfs/usr/share/zoneinfo 2026f Asia/Shanghai,Etc/UTC
#
# Without SHA256 the service's own .sha256 file is used, which guards against a broken transfer. With a SHA256 that you
# wrote down beside the release, neither the service nor anybody on the way can change the bytes.
set -eu

if [ $# -lt 3 ]; then
  echo "usage: fetch-zones.sh FOLDER RELEASE ZONES [SHA256]" >&2
  exit 2
fi
folder=$1
bundle="${TZDATA_FILTER:-http://127.0.0.1:8080}/v1/bundles/$2/$3.tar.gz"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

curl -fsSL --retry 3 -o "$scratch/bundle.tar.gz" "$bundle"
expected=${4:-$(curl -fsSL --retry 3 "$bundle.sha256" | cut -d ' ' -f 1)}
echo "$expected  $scratch/bundle.tar.gz" | sha256sum -c - >&2

mkdir -p "$folder"
tar -xzf "$scratch/bundle.tar.gz" -C "$folder"
