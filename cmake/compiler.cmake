# Warnings are errors for our own code; ccache and mold are used where present.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # time_macros and pch_defines let ccache serve files that use a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

set(DOTMAC_SANITIZE "" CACHE STRING "Sanitizers of this build, e.g. address,undefined or thread")
if(DOTMAC_SANITIZE)
  # More optimization makes the instrumented code slow to compile and its reports harder to read.
  add_compile_options(-fsanitize=${DOTMAC_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined -O1 -g1)
  add_link_options(-fsanitize=${DOTMAC_SANITIZE})
  # ThreadSanitizer does not know fences; without them Asio's locks order everything that its fences would.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  set(DOTMAC_TIME_FACTOR 8) # what sanitizers cost, for the time limits of tests
else()
  set(DOTMAC_TIME_FACTOR 1)
endif()

# x86-64-v2 (SSE4.2) is what every server of the last fifteen years has.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-march=x86-64-v2)
endif()

add_library(dotmac_warnings INTERFACE)
target_compile_options(dotmac_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-missing-field-initializers -Werror
  # g++ 12 is wrong about std::string and std::optional in optimized code (GCC bugs 105329, 105562).
  -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-maybe-uninitialized)
