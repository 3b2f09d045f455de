# The warnings every target of this project is built with; users of the library are not affected.
add_library(stoa_warnings INTERFACE)
target_compile_options(stoa_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  $<$<BOOL:${STOA_WARNINGS_AS_ERRORS}>:-Werror>
  # GCC 12 sees overlapping copies in any `"literal" + std::string` (its bug 105651), and an unset pointer in
  # an optional of a handle that was just set.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict -Wno-maybe-uninitialized>
  # GCC 12 states that it does not instrument atomic_thread_fence for TSan. Every use of a fence here
  # orders relaxed atomics, which cannot race.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${STOA_SANITIZE_THREAD}>>:-Wno-tsan>)
