#!/bin/sh
# Starts a server of its own with a fresh data folder, drives the dashboard in
# Chromium against it, and stops it again.
set -eu
cd "$(dirname "$0")/../.."

data=$(mktemp -d)
pid=""
cleanup() {
	[ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	rm -rf "$data"
}
trap cleanup EXIT INT TERM

port() { node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }
http="127.0.0.1:$(port)"
grpc="127.0.0.1:$(port)"
key=0123456789abcdef0123456789abcdef

export FAULTLINE_URL="http://$http" FAULTLINE_EMAIL=owner@example.com FAULTLINE_PASSWORD='correct horse battery'
export FAULTLINE_DSN="http://$key@$http/1" FAULTLINE_BIN="$PWD/bin/faultline"

FAULTLINE_BOOTSTRAP_PROJECT_ID=1 FAULTLINE_BOOTSTRAP_KEY=$key \
FAULTLINE_BOOTSTRAP_EMAIL=$FAULTLINE_EMAIL FAULTLINE_BOOTSTRAP_PASSWORD=$FAULTLINE_PASSWORD \
	bin/faultline serve --data "$data" --http "$http" --grpc "$grpc" >"$data/log" 2>&1 &
pid=$!

tries=0
until node -e "fetch('$FAULTLINE_URL/readyz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"; do
	tries=$((tries + 1))
	if [ "$tries" -gt 100 ]; then
		cat "$data/log" >&2
		exit 1
	fi
	sleep 0.2
done
node --test --test-reporter=spec e2e/browser/ || { tail -50 "$data/log" >&2; exit 1; }
