#!/usr/bin/env bash
# Makes what compose.yaml needs and nobody commits: .env, with random secrets, and certificates of the three nodes. What is there stays.
# Use: deploy/compose/prepare.sh     (as root, or in a group with leave to give files away: the keys belong to the user of the image)

set -euo pipefail
cd "$(dirname "$0")"
umask 077
if [ ! -e .env ]; then
  while IFS= read -r line; do
    # A setting without a value is a secret. Hexadecimal digits need no escape in a URL.
    if [[ $line =~ ^[A-Z_]+=$ ]]; then echo "$line$(openssl rand -hex 32)"; else echo "$line"; fi
  done < .env.example > .env.new
  mv .env.new .env
fi
for node in node-a node-b node-c; do
  [ -e "certificates/$node.pem" ] || ../certificates.sh certificates "$node" "$node"
  mkdir -p "certificates/of-$node"
  # A node sees its own key, and nobody else's.
  for file in "$node.pem" "$node.key" ca.pem; do install -m 0400 -o 10001 -g 10001 "certificates/$file" "certificates/of-$node/${file/$node/node}"; done
  chown 10001:10001 "certificates/of-$node"
done
