# SPDX-License-Identifier: 0BSD
# subnet_add_plugin(NAME name SOURCES a.cpp …): the module name.sbn.so with one exported symbol,
# every reference resolved at link time, and no contraction of floating-point operations.
include_guard()

function(subnet_add_plugin)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES" ${ARGN})
  if(NOT ARG_NAME OR NOT ARG_SOURCES OR ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "subnet_add_plugin(NAME name SOURCES file …)")
  endif()
  set(exports ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  add_library(${ARG_NAME} MODULE ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE Subnet::SDK)
  set_target_properties(${ARG_NAME} PROPERTIES
    PREFIX "" SUFFIX ".sbn.so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(SUBNETD_PLUGIN_DIR)
    set_target_properties(${ARG_NAME} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${SUBNETD_PLUGIN_DIR})
  endif()
  target_compile_options(${ARG_NAME} PRIVATE -ffp-contract=off
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${ARG_NAME} PRIVATE
    LINKER:-z,now LINKER:-z,relro LINKER:--version-script=${exports})
  set_property(TARGET ${ARG_NAME} APPEND PROPERTY LINK_DEPENDS ${exports})
  # A sanitizer's runtime may be in the host alone.
  get_directory_property(flags COMPILE_OPTIONS)
  if(NOT "${flags} ${CMAKE_CXX_FLAGS} ${CMAKE_C_FLAGS}" MATCHES "-fsanitize=")
    target_link_options(${ARG_NAME} PRIVATE LINKER:-z,defs)
  endif()
endfunction()
