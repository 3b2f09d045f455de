# stoa_part(NAME SOURCES ... DEPENDS ...): one static library with its own include root. A part sees
# only the parts it depends on, so an include against the direction of the house does not compile.
function(stoa_part name)
  cmake_parse_arguments(part "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  set(target stoa_${name})
  add_library(${target} STATIC ${part_SOURCES})
  add_library(stoa::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON
    UNITY_BUILD ${STOA_MERGE_SOURCES})
  target_compile_features(${target} PUBLIC cxx_std_20)
  if(STOA_MERGE_SOURCES AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)  # it takes the merged sources for headers
  endif()
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target}
    PUBLIC ${part_DEPENDS}
    PRIVATE $<BUILD_INTERFACE:stoa_warnings> ${part_PRIVATE_DEPENDS})
  install(TARGETS ${target} EXPORT stoa-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
endfunction()
