# Several files of a room are compiled as one: most of a file's time goes into the headers that all of them share.
# Off for who changes one file at a time.
option(DOTMAC_UNITY_BUILD "Compile the files of a room together" ON)

function(dotmac_unity target)
  if(DOTMAC_UNITY_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    # To the compiler a file that is included is a header, which should not use an unnamed namespace for its types.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

# dotmac_room(NAME ... LINKS ...): one library per room, made of every source file below its folder.
# Files in the folders named by EXCEPT are left out (a program's main, for instance). UNITY: compiled together.
function(dotmac_room name)
  cmake_parse_arguments(ROOM "UNITY" "" "LINKS;EXCEPT;PRECOMPILE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(pattern IN LISTS ROOM_EXCEPT)
    list(FILTER sources EXCLUDE REGEX "${pattern}")
  endforeach()
  if(sources)
    add_library(dotmac_${name} STATIC ${sources})
    target_include_directories(dotmac_${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(dotmac_${name} PUBLIC ${ROOM_LINKS} PRIVATE dotmac_warnings)
    if(ROOM_UNITY)
      dotmac_unity(dotmac_${name})
    endif()
    if(ROOM_PRECOMPILE)
      target_precompile_headers(dotmac_${name} PRIVATE ${ROOM_PRECOMPILE})
    endif()
  else()
    add_library(dotmac_${name} INTERFACE)
    target_include_directories(dotmac_${name} INTERFACE ${CMAKE_SOURCE_DIR})
    target_link_libraries(dotmac_${name} INTERFACE ${ROOM_LINKS})
  endif()
endfunction()

# dotmac_time_limit(TEST SECONDS): after which a test is ended and has failed.
function(dotmac_time_limit name seconds)
  math(EXPR limit "${seconds} * ${DOTMAC_TIME_FACTOR}")
  set_tests_properties(${name} PROPERTIES TIMEOUT ${limit})
endfunction()

# dotmac_test(NAME LABEL label LINKS ...): one GoogleTest program made of the files given.
function(dotmac_test name)
  cmake_parse_arguments(TEST "UNITY" "LABEL;TIMEOUT" "SOURCES;LINKS;ENVIRONMENT;PRECOMPILE" ${ARGN})
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 120)
  endif()
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_LINKS} GTest::gtest GTest::gmock GTest::gtest_main dotmac_warnings)
  # Tests are compiled once and run for seconds; what they test is compiled as the product is.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  if(TEST_UNITY)
    dotmac_unity(${name})
  endif()
  if(TEST_PRECOMPILE)
    target_precompile_headers(${name} PRIVATE ${TEST_PRECOMPILE})
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${TEST_LABEL}" ENVIRONMENT "${TEST_ENVIRONMENT}")
  dotmac_time_limit(${name} ${TEST_TIMEOUT})
endfunction()
