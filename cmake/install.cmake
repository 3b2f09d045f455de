# find_package(stoa) and pkg-config for an installed tree.
include(CMakePackageConfigHelpers)
set(stoa_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/stoa)

install(EXPORT stoa-targets NAMESPACE stoa:: DESTINATION ${stoa_cmake_dir})
configure_package_config_file(cmake/stoa-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/stoa-config.cmake
  INSTALL_DESTINATION ${stoa_cmake_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/stoa-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/stoa-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/stoa-config-version.cmake
  DESTINATION ${stoa_cmake_dir})

# Relative to the file itself: the tree may be installed or moved to another prefix than configured.
file(RELATIVE_PATH stoa_prefix_from_pc /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(cmake/stoa.pc.in ${CMAKE_CURRENT_BINARY_DIR}/stoa.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/stoa.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
