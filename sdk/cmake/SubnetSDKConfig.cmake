# SPDX-License-Identifier: 0BSD
include(${CMAKE_CURRENT_LIST_DIR}/SubnetSDKTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/SubnetPlugin.cmake)
