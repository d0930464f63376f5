#!/usr/bin/env bash
# The Debian packages that this project needs, declared once; installs those that are missing.
# Use: scripts/packages.sh build|test|runtime     (runtime: what a machine needs that runs a node which was built elsewhere)

set -euo pipefail

build_packages=(
  g++ cmake ninja-build ccache mold git ca-certificates tzdata
  libcaf-dev libboost1.81-dev libpqxx-dev libpq-dev libsqlite3-dev libhiredis-dev libzstd-dev libxxhash-dev libjemalloc-dev
  nlohmann-json3-dev libsimdjson-dev zlib1g-dev libsodium-dev libcurl4-openssl-dev libssl-dev libre2-dev libspdlog-dev libfmt-dev libcli11-dev libtomlplusplus-dev
  libhowardhinnant-date-dev libncurses-dev libgtest-dev libgmock-dev curl
)
test_packages=(postgresql-15 redis-server sqlite3 python3 python3-yaml openssl iproute2 chromium)
runtime_packages=(
  ca-certificates tzdata libcaf-core0.17 libcaf-io0.17 libpqxx-6.4 libpq5 libsqlite3-0 libhiredis0.14 libzstd1 libjemalloc2
  libsimdjson14 zlib1g libsodium23 libcurl4 libssl3 libre2-9 libfmt9 libdate-tz3 libncursesw6 libtinfo6
)
# Other packagings of Node.js bring npm along, and Debian's cannot be installed beside them.
command -v node >/dev/null && command -v npm >/dev/null || build_packages+=(nodejs npm)

case "${1:-build}" in
  build) wanted=("${build_packages[@]}") ;;
  test) wanted=("${build_packages[@]}" "${test_packages[@]}") ;;
  runtime) wanted=("${runtime_packages[@]}") ;;
  *) echo "use: $0 build|test|runtime" >&2; exit 2 ;;
esac

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

echo "installing: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "packages are missing, and neither root nor sudo is here: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
