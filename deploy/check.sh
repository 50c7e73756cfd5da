#!/usr/bin/env bash
# Each file of this folder through its own linter. Needs nginx, caddy and systemd-analyze
# (Debian packages), and kubernetes-validate (PyPI), which `make check-deploy` brings.
set -euo pipefail
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
    -subj /CN=push.example.com -keyout "$scratch/push.key" -out "$scratch/push.crt" 2>/dev/null
sed -e "s#/etc/ssl/pushgo/#$scratch/#; s#/var/log/nginx/#$scratch/#" nginx.conf > "$scratch/server.conf"
printf 'pid %s/pid; error_log %s/error.log; events {} http { include %s/server.conf; }\n' \
    "$scratch" "$scratch" "$scratch" > "$scratch/nginx.conf"
nginx -t -q -c "$scratch/nginx.conf" -e "$scratch/start.log"
echo 'nginx.conf: good'

for file in Caddyfile compose.Caddyfile; do
    XDG_DATA_HOME=$scratch XDG_CONFIG_HOME=$scratch HOME=$scratch \
        caddy validate --adapter caddyfile --config "$file" > "$scratch/caddy.log" 2>&1 \
        || { cat "$scratch/caddy.log"; exit 1; }
    echo "$file: good"
done

sed -e 's#^ExecStart=[^ ]*#ExecStart=/bin/true#; s#^User=.*#User=root#' pushgo.service \
    > "$scratch/pushgo.service"
systemd-analyze verify "$scratch/pushgo.service"
echo 'pushgo.service: good'

"${BIN:-../.venv/bin}/kubernetes-validate" --strict kubernetes.yaml
# It only reads the file, but asks podman for its version before that.
mkdir "$scratch/bin"
printf '#!/bin/sh\necho podman version 5.0.0\n' > "$scratch/bin/podman"
chmod +x "$scratch/bin/podman"
PATH=$scratch/bin:$PATH POSTGRES_PASSWORD=p PUSHGO_SECRET_KEY=0123456789abcdef PUSHGO_ADMIN_TOKEN=01234567890123456789 \
    "${BIN:-../.venv/bin}/podman-compose" --file compose.yaml config > "$scratch/compose.log" \
    || { cat "$scratch/compose.log"; exit 1; }
echo 'compose.yaml: good'
