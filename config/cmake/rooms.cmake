# SPDX-License-Identifier: 0BSD
# One function a thing: a room of core/, a test program of tests/.
include_guard()

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(SUBNETD_PLUGIN_DIR ${PROJECT_BINARY_DIR}/plugins)

# Objects are shared between the build trees that are made of the same flags (release and demo).
find_program(SUBNETD_CCACHE ccache)
mark_as_advanced(SUBNETD_CCACHE)
if(SUBNETD_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=1
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} ${SUBNETD_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

# Everything of a sanitizer tree, plugins included, is instrumented.
set(SUBNETD_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
if(SUBNETD_SANITIZE)
  add_compile_options(-O1 -g1 -fno-omit-frame-pointer -fsanitize=${SUBNETD_SANITIZE}
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SUBNETD_SANITIZE})
  if(SUBNETD_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)  # Asio's fences: gcc says that it does not model them
  endif()
endif()

# A fuzz tree counts coverage in the rooms too, not only in the targets.
if(SUBNETD_FUZZ)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fsanitize=fuzzer-no-link>)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

add_library(subnetd_options INTERFACE)
target_compile_features(subnetd_options INTERFACE cxx_std_23)
target_compile_options(subnetd_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall> $<$<COMPILE_LANGUAGE:CXX>:-Wextra>
  $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers> $<$<COMPILE_LANGUAGE:CXX>:-Wshadow> $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
target_include_directories(subnetd_options INTERFACE ${PROJECT_SOURCE_DIR}/core)

# Boost stays header-only; separate compilation lives in core/net/boost.cpp.
add_library(subnetd_boost INTERFACE)
target_link_libraries(subnetd_boost INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(subnetd_boost INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_DLL_USE_STD_FS BOOST_ASIO_DISABLE_BOOST_COROUTINE)

# subnetd_room(<room> SOURCES a.cpp … LINKS target …): core/<room> as the static library subnetd_<room>.
function(subnetd_room room)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(subnetd_${room} STATIC ${ARG_SOURCES})
  target_link_libraries(subnetd_${room} PUBLIC subnetd_options ${ARG_LINKS})
  if(room IN_LIST SUBNETD_COVERAGE)
    target_compile_options(subnetd_${room} PRIVATE --coverage -O0)
    target_link_options(subnetd_${room} PUBLIC --coverage)
  endif()
endfunction()

# subnetd_test(<name> SOURCES a_test.cpp … LINKS target … LABELS unit|process|threads|slow …
#   DEPENDS <target it starts or loads> …): one GoogleTest program. A sanitizer tree builds only the
# tests that it runs: `unit` and `process` under asan, `threads` under tsan.
function(subnetd_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINKS;LABELS;ENVIRONMENT;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE subnetd_options ${ARG_LINKS} GTest::gtest GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE SUBNETD_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    SUBNETD_BINARY_DIR="${PROJECT_BINARY_DIR}")
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "${ARG_ENVIRONMENT}")
  subnetd_test_programs(${name} ${ARG_LABELS})
endfunction()

# tests_<label> builds what the tests of a label run: `target`, for each of the labels.
function(subnetd_test_programs target)
  foreach(label IN LISTS ARGN)
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${target})
  endforeach()
endfunction()

# The loadable modules that are made in `dir` and below.
function(subnetd_plugin_targets out dir)
  set(found)
  get_directory_property(targets DIRECTORY ${dir} BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "MODULE_LIBRARY")
      list(APPEND found ${target})
    endif()
  endforeach()
  get_directory_property(folders DIRECTORY ${dir} SUBDIRECTORIES)
  foreach(folder IN LISTS folders)
    subnetd_plugin_targets(below ${folder})
    list(APPEND found ${below})
  endforeach()
  set(${out} ${found} PARENT_SCOPE)
endfunction()
