# A compiler that knows nothing but what pkg-config says builds against the installed tree.
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)
find_program(pkg_config pkg-config REQUIRED)
install_tree()
set(ENV{PKG_CONFIG_PATH} ${scratch}/prefix/${libdir}/pkgconfig)
execute_process(COMMAND ${pkg_config} --cflags --libs stoa
  OUTPUT_VARIABLE words OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(words UNIX_COMMAND "${words}")
separate_arguments(flags UNIX_COMMAND "${flags}")
run(${compiler} -std=c++20 ${flags} ${consumer}/consumer.cpp -o ${scratch}/consumer ${words})
run(${scratch}/consumer)
file(REMOVE_RECURSE ${scratch})
