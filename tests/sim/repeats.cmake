# SPDX-License-Identifier: 0BSD
# The printed set of options is all there is to a run: it leads to the same trace, and a set that
# lacks one, or has one that is unknown, is refused.
foreach(seed RANGE 1 20)
  execute_process(COMMAND ${SIM} --seed ${seed} --options OUTPUT_VARIABLE by_seed
    COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "^[^\n]+" options "${by_seed}")
  execute_process(COMMAND ${SIM} --with "${options}" --options OUTPUT_VARIABLE by_options
    COMMAND_ERROR_IS_FATAL ANY)
  if(NOT by_seed STREQUAL by_options)
    message(FATAL_ERROR "seed ${seed} and its options differ:\n${by_seed}${by_options}")
  endif()
endforeach()
string(REPLACE " miners=" " minors=" renamed "${options}")
string(REGEX REPLACE " miners=[0-9]+" "" shortened "${options}")
foreach(wrong IN ITEMS "${renamed}" "${shortened}" "${options} more=1" "seed")
  execute_process(COMMAND ${SIM} --with "${wrong}" RESULT_VARIABLE result ERROR_QUIET)
  if(NOT result EQUAL 2)
    message(FATAL_ERROR "these options were taken: ${wrong}")
  endif()
endforeach()
