# Shared by the install tests: each has a prefix of its own, removed before and after.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    string(REPLACE ";" " " command "${ARGN}")
    message(FATAL_ERROR "${command}\nended with ${status}:\n${output}")
  endif()
endfunction()

# Moved after it was installed, so that nothing may depend on where that was.
function(install_tree)
  file(REMOVE_RECURSE ${scratch})
  run(${CMAKE_COMMAND} --install ${build} --config ${config} --prefix ${scratch}/before)
  file(RENAME ${scratch}/before ${scratch}/prefix)
endfunction()
