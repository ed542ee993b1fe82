# SPDX-License-Identifier: 0BSD
# A planted bug is found within a thousand seeds, and the options that are printed with it find it
# again by themselves.
execute_process(COMMAND ${PLANTED} --seed 1 --count 1000 --expect-violation OUTPUT_VARIABLE said
  COMMAND_ERROR_IS_FATAL ANY)
if(NOT said MATCHES "^([^\n]+)\n(seed=[^\n]+)\n$")
  message(FATAL_ERROR "no violation with its options:\n${said}")
endif()
set(options "${CMAKE_MATCH_2}")
message(STATUS "${CMAKE_MATCH_1}: ${options}")
execute_process(COMMAND ${PLANTED} --with "${options}" --expect-violation OUTPUT_VARIABLE again
  COMMAND_ERROR_IS_FATAL ANY)
if(NOT again STREQUAL said)
  message(FATAL_ERROR "the options alone lead elsewhere:\n${again}")
endif()
