#!/bin/sh
# Installs from Debian's packages what the checks need and the machine lacks:
# PostgreSQL's server programs and Chromium. Needs root, or sudo without a password.
set -eu

need=""
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need="$need postgresql"
command -v chromium >/dev/null 2>&1 || need="$need chromium"
[ -z "$need" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	echo "missing:$need. Install them with this system's package manager and run again." >&2
	exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
	as_root="sudo -n"
fi
echo "installing$need"
$as_root apt-get update -qq
# shellcheck disable=SC2086 # the list is meant to be split
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $need >/dev/null
