#!/usr/bin/env bash
# healthcheck.sh FILE: ends with 0 when the silo that wrote its ready line to FILE answers /readyz with 200.
# The image has no HTTP client, and the port is a free one that only the ready line names.
port=$(sed -n 's|^ready .*"http":"http://127\.0\.0\.1:\([0-9]*\)/\{0,1\}".*|\1|p' "$1")
[ -n "$port" ] || exit 1
exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r _ status _ <&3
[ "$status" = 200 ]
