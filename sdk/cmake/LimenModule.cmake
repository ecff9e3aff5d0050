# limen_add_module: builds one Limen module. limen_add_module_test: tests it without a server.
#
#   limen_add_module(NAME SOURCES file... [LIBS target...] [TARGET_MINOR n])
#
# Makes the target NAME and the file NAME.so. Everything but `limen_module_entry` is hidden, nothing may
# stay undefined, and the build fails when the finished file exports anything else. TARGET_MINOR (default:
# the variable LIMEN_TARGET_MINOR, or 0) is the lowest ABI minor version the module has to run on; using
# anything newer is a compile error.
#
# Whoever asks for no standard gets the compiler's own, but at least C++17; a module may be C alone.
#
#   limen_add_module_test(NAME SOURCES file... [LIBS target...])
#
# Tests of the module NAME on the fake host, for CTest: the program NAME-test, with GoogleTest's main and
# the path of the built module in MODULE_FILE. Wants `find_package(Limen COMPONENTS testkit)` before.
#
# LIMEN_MODULE_OUTPUT_DIRECTORY, when set, is where the file is put. `cmake --install` copies it to
# LIMEN_MODULE_INSTALL_DIR (default lib/limen/modules).

set(LIMEN_MODULE_INSTALL_DIR lib/limen/modules CACHE STRING "Where modules are installed")

function(limen_add_module name)
  cmake_parse_arguments(MODULE "" "TARGET_MINOR" "SOURCES;LIBS" ${ARGN})
  if(MODULE_UNPARSED_ARGUMENTS OR NOT MODULE_SOURCES)
    message(FATAL_ERROR "limen_add_module(${name}): expected SOURCES file... [LIBS target...] "
      "[TARGET_MINOR n], got: ${ARGN}")
  endif()
  if(NOT name MATCHES "^[a-z0-9][a-z0-9.-]*$")
    message(FATAL_ERROR "limen_add_module(${name}): a module's name is lower-case letters, digits, "
      "dashes and dots, since operators write it in their config")
  endif()
  if(NOT DEFINED MODULE_TARGET_MINOR)
    set(MODULE_TARGET_MINOR 0)
    if(DEFINED LIMEN_TARGET_MINOR)
      set(MODULE_TARGET_MINOR ${LIMEN_TARGET_MINOR})
    endif()
  endif()

  add_library(${name} MODULE ${MODULE_SOURCES})
  target_link_libraries(${name} PRIVATE Limen::sdk ${MODULE_LIBS})
  if(TARGET limen_flags)
    target_link_libraries(${name} PRIVATE limen_flags)
  endif()
  target_compile_definitions(${name} PRIVATE LIMEN_TARGET_MINOR=${MODULE_TARGET_MINOR})
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/limen-module.map)
  target_link_options(${name} PRIVATE
    -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/limen-module.map)
  # With clang the sanitizers' own symbols are in the program that loads the module.
  if(NOT (CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND
          "${LIMEN_SANITIZE} ${CMAKE_CXX_FLAGS}" MATCHES "thread|address|-fsanitize"))
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  if(LIMEN_MODULE_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${LIMEN_MODULE_OUTPUT_DIRECTORY})
  endif()
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DFILE=$<TARGET_FILE:${name}>
      -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/LimenCheckModule.cmake
    VERBATIM)
  install(TARGETS ${name} LIBRARY DESTINATION ${LIMEN_MODULE_INSTALL_DIR} COMPONENT modules)
endfunction()

function(limen_add_module_test module)
  cmake_parse_arguments(TEST "" "" "SOURCES;LIBS" ${ARGN})
  if(TEST_UNPARSED_ARGUMENTS OR NOT TEST_SOURCES)
    message(FATAL_ERROR "limen_add_module_test(${module}): expected SOURCES file... [LIBS target...], got: ${ARGN}")
  endif()
  if(NOT TARGET ${module})
    message(FATAL_ERROR "limen_add_module_test(${module}): limen_add_module(${module} ...) comes first")
  endif()
  if(NOT TARGET Limen::testkit)
    message(FATAL_ERROR "limen_add_module_test(${module}): find_package(Limen COMPONENTS testkit) comes first; "
      "it needs Boost.JSON")
  endif()
  find_package(GTest REQUIRED)
  add_executable(${module}-test ${TEST_SOURCES})
  target_link_libraries(${module}-test PRIVATE Limen::testkit GTest::gtest GTest::gtest_main ${TEST_LIBS})
  target_compile_definitions(${module}-test PRIVATE MODULE_FILE="$<TARGET_FILE:${module}>")
  add_dependencies(${module}-test ${module})
  add_test(NAME ${module}-test COMMAND ${module}-test)
endfunction()
