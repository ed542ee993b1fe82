# SPDX-License-Identifier: 0BSD
# Runs two simulators on the same seeds and wants the same last line, traces included.
foreach(which FIRST SECOND)
  execute_process(COMMAND ${${which}} --seed 1 --count 200 OUTPUT_VARIABLE said_${which}
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
if(NOT said_FIRST STREQUAL said_SECOND)
  message(FATAL_ERROR "the traces differ:\n${said_FIRST}${said_SECOND}")
endif()
message(STATUS "${said_FIRST}")
