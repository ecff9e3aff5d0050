# cmake -DNM=nm -DFILE=module.so -P LimenCheckModule.cmake
# Fails unless the file exports limen_module_entry and nothing else. Also takes write permission from
# everybody but the owner, since a server refuses a module that others can write.

execute_process(COMMAND ${NM} -D --defined-only ${FILE}
  OUTPUT_VARIABLE listing ERROR_VARIABLE problem RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${FILE}: cannot list its symbols: ${problem}")
endif()
string(REGEX MATCHALL "[^\n]+" lines "${listing}")
set(found "")
foreach(line ${lines})
  string(REGEX REPLACE "^.* " "" symbol "${line}")
  string(REGEX REPLACE "@.*$" "" symbol "${symbol}")
  list(APPEND found ${symbol})
endforeach()
if(NOT found STREQUAL "limen_module_entry")
  list(JOIN found ", " found)
  if(found STREQUAL "")
    set(found "nothing")
  endif()
  file(REMOVE ${FILE})
  message(NOTICE "${FILE}: a module exports limen_module_entry and nothing else, this one exports ${found}: "
    "is LIMEN_EXPORT_MODULE(...) there once, and is the file linked by limen_add_module?")
  message(FATAL_ERROR "not a Limen module")
endif()
file(CHMOD ${FILE} PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
