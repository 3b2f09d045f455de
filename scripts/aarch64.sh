#!/usr/bin/env bash
# Builds library and tests for 64-bit ARM and runs them under qemu: aarch64.sh [TEST PROGRAM...]
#
#   scripts/aarch64.sh                   the tests named below
#   scripts/aarch64.sh queue_test        those
#   STOA_JOBS=1 scripts/aarch64.sh       builds with one job
#
# qemu translates each process for itself: threads and processes run side by side, on as many cores as there are. The
# order in which a core of this machine makes its stores visible is stronger than ARM's, so what this shows is that the
# library builds, that its bytes are the same, and that the atomics it uses exist there. What ARM may reorder is the
# business of docs/atomics.md.
#
# Kernel locks and membarrier pass through qemu, ptrace does not: whatever single-steps a process is not among the
# tests below and cannot be (*_kill_test, *_late_test, *_stopped_writer_test, publisher_cost_test, kill_suite). Nor is
# *_property_test, for want of rapidcheck for ARM. A program whose tests execute it again as a child needs a kernel that
# runs programs for ARM by itself (binfmt_misc); where it does not, that program is skipped, which is said.
set -euo pipefail
cd "$(dirname "$0")/.."

for program in aarch64-linux-gnu-g++ qemu-aarch64-static cmake ninja; do
  command -v "$program" >/dev/null || {
    echo "SKIPPED: there is no $program (scripts/install-packages.sh build test aarch64)"
    exit 77
  }
done

tests=("$@")
[ ${#tests[@]} -gt 0 ] || tests=(
  crc32c_test layout_test errors_test
  segment_test segment_entries_test segment_file_test name_table_test type_descriptor_test two_mappings_test
  queue_test queue_lease_test spsc_queue_test value_test ring_test stack_test bitset_test map_test set_test
  object_pool_test message_ring_test channel_test exchange_test
  queue_thread_test map_thread_test ring_thread_test message_ring_thread_test)
jobs=${STOA_JOBS:-2}
build=$PWD/build/aarch64
dependencies=$build/dependencies

# Headers that are the same on every machine, and packages that lead to them.
offer_headers() {
  local header name
  mkdir -p "$dependencies/include" "$dependencies/lib/cmake"
  for header in boost range meta concepts std fmt xxhash.h xxh3.h CLI; do
    [ ! -e "/usr/include/$header" ] || ln -sfn "/usr/include/$header" "$dependencies/include/$header"
  done
  package() {  # NAME VERSION TARGET [DEFINITION]
    mkdir -p "$dependencies/lib/cmake/$1"
    local config=$dependencies/lib/cmake/$1/${1,,}-config
    cat >"$config.cmake" <<END
if(NOT TARGET $3)
  add_library($3 INTERFACE IMPORTED)
  set_target_properties($3 PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "$dependencies/include"
    INTERFACE_COMPILE_DEFINITIONS "${4-}")
endif()
END
    cat >"$config-version.cmake" <<END
set(PACKAGE_VERSION $2)
set(PACKAGE_VERSION_COMPATIBLE TRUE)
END
  }
  package boost 1.81 Boost::headers
  package range-v3 0.12 range-v3::range-v3
  package fmt 9.1 fmt::fmt FMT_HEADER_ONLY=1
  package CLI11 2.3 CLI11::CLI11
  package rapidcheck 0 rapidcheck  # so that the tests can be configured; those that need it are not built
}

build_googletest() {
  [ ! -e "$dependencies/lib/cmake/GTest/GTestConfig.cmake" ] || return 0
  cmake -S /usr/src/googletest -B "$build/googletest" -G Ninja -DCMAKE_BUILD_TYPE=Release -Wno-dev \
    -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/aarch64.cmake" -DSTOA_AARCH64_DEPENDENCIES="$dependencies" \
    -DCMAKE_INSTALL_PREFIX="$dependencies" -DCMAKE_INSTALL_LIBDIR=lib >/dev/null
  cmake --build "$build/googletest" --parallel "$jobs" >/dev/null
  cmake --install "$build/googletest" >/dev/null
}

offer_headers
build_googletest
cmake -S . -B "$build/stoa" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSTOA_WARNINGS_AS_ERRORS=ON \
  -DSTOA_BUILD_TOOLS=OFF -DSTOA_BUILD_EXAMPLES=OFF -DSTOA_BUILD_BENCHMARKS=OFF -DSTOA_BUILD_TESTS=ON \
  -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/aarch64.cmake" \
  -DSTOA_AARCH64_DEPENDENCIES="$dependencies" >/dev/null
echo "+ cmake --build build/aarch64/stoa --target ${tests[*]}" >&2
cmake --build "$build/stoa" --parallel "$jobs" --target "${tests[@]}"

needs_children() { grep -qE 'child::start|"child\.hpp"|"crew\.hpp"|"victim\.hpp"' "$(git ls-files "tests/*/$1.cpp")"; }

failed=()
for test in "${tests[@]}"; do
  file=$(find "$build/stoa/tests" -type f -name "$test" -perm -u+x)
  begin=$SECONDS
  if needs_children "$test" && [ ! -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]; then
    printf '%-28s SKIPPED: it executes itself, and this kernel runs no programs for ARM\n' "$test"
    continue
  fi
  if timeout -k 5 600 qemu-aarch64-static -L /usr/aarch64-linux-gnu "$file" --gtest_brief=1; then
    printf '%-28s passed %4d s\n' "$test" $((SECONDS - begin))
  else
    printf '%-28s FAILED %4d s\n' "$test" $((SECONDS - begin))
    failed+=("$test")
  fi
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
