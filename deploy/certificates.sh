#!/usr/bin/env bash
# Certificates for the nodes of one cluster, by an authority that signs nothing else: whoever has one of its certificates is let in.
# Use: certificates.sh FOLDER NODE HOST...
#   makes FOLDER/ca.pem, ca.key and NODE.key where there are none, and the certificate FOLDER/NODE.pem anew each time, for the hosts (names, *.names or addresses) by which
#   the others know the node: its PEER_ADVERTISED_HOST. Keep ca.key away from the nodes. DAYS=90 is how long the certificate is valid (825 by default), CA_DAYS the authority (3650).

set -euo pipefail
[ $# -ge 3 ] || { sed -n '3,5s/^# //p' "$0" >&2; exit 2; }
folder=$1 node=$2
shift 2
[[ $node =~ ^[A-Za-z0-9][A-Za-z0-9_.-]*$ && $node != ca ]] || { echo "$0: $node is no name of a node" >&2; exit 2; }

# openssl talks a lot; it is heard where it fails.
quietly() {
  local said
  said=$("$@" 2>&1) || { echo "$said" >&2; return 1; }
}

umask 077
mkdir -p "$folder"
if [ ! -e "$folder/ca.pem" ]; then
  quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "${CA_DAYS:-3650}" -subj "/CN=analytics cluster" -keyout "$folder/ca.key" -out "$folder/ca.pem"
fi

names=()
for host in "$@"; do
  # An address has only digits and dots, or a colon; whatever else is a name.
  if [[ $host =~ ^[0-9.]+$ || $host == *:* ]]; then names+=("IP:$host"); else names+=("DNS:$host"); fi
done
work=$(mktemp -d "$folder/.new-XXXXXX")
trap 'rm -rf "$work"' EXIT
if [ ! -e "$folder/$node.key" ]; then
  quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$work/key"
  mv "$work/key" "$folder/$node.key"
fi
quietly openssl req -new -key "$folder/$node.key" -subj "/CN=$node" -out "$work/request"
(IFS=,; printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "${names[*]}") > "$work/extensions"
quietly openssl x509 -req -in "$work/request" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -set_serial "0x$(openssl rand -hex 16)" -days "${DAYS:-825}" -extfile "$work/extensions" -out "$work/certificate"
quietly openssl verify -CAfile "$folder/ca.pem" "$work/certificate"
# A node reads both files for every connection. The key stays, and the certificate is there whole or not at all: the two fit at every instant.
mv "$work/certificate" "$folder/$node.pem"
echo "$folder/$node.pem  $(openssl x509 -in "$folder/$node.pem" -noout -enddate)"
