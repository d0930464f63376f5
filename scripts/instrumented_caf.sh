#!/usr/bin/env bash
# Builds CAF's core library with ThreadSanitizer from the source of Debian's package, and prints the folder of the library.
# Debian's own library is not instrumented: what its actors hand from thread to thread would be reported as races, hundreds of them.
# Use: scripts/instrumented_caf.sh FOLDER     (kept there; the second call is quick)

set -euo pipefail
mkdir -p "$1"
cd "$1"
if [ ! -e lib/complete ]; then
  rm -rf source lists && mkdir -p source lists
  # A list of sources of its own: the machine's settings stay as they are.
  sed -e 's/^Types: .*/Types: deb-src/' -e '/^#/d' /etc/apt/sources.list.d/debian.sources > debian-src.sources
  options=(-o "Dir::Etc::sourcelist=$PWD/debian-src.sources" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$PWD/lists" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" -qq update >&2
  (cd source && apt-get "${options[@]}" -qq source --download-only --tar-only actor-framework >&2)
  tar -xf source/actor-framework_*.orig.tar.gz -C source --strip-components=1
  cmake -S source -B build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS="-fsanitize=thread -O1 -g1 -w" -DCAF_NO_EXAMPLES=yes \
    -DCAF_NO_UNIT_TESTS=yes -DCAF_NO_IO=yes -DCAF_NO_OPENSSL=yes -DCAF_NO_OPENCL=yes -DCAF_NO_PYTHON=yes -DCAF_NO_TOOLS=yes >&2
  cmake --build build >&2
  mkdir -p lib
  cp -P build/lib/libcaf_core.so* lib/
  touch lib/complete
fi
echo "$PWD/lib"
