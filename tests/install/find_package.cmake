# A CMake project that asks for find_package(stoa) builds and runs against the installed tree.
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)
install_tree()
run(${CMAKE_COMMAND} -S ${consumer} -B ${scratch}/build -G ${generator}
  -D CMAKE_PREFIX_PATH=${scratch}/prefix
  -D CMAKE_BUILD_TYPE=${config}
  -D CMAKE_CXX_COMPILER=${compiler}
  -D CMAKE_CXX_FLAGS=${flags})
run(${CMAKE_COMMAND} --build ${scratch}/build)
run(${scratch}/build/consumer)
file(REMOVE_RECURSE ${scratch})
