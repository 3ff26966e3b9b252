# Precompiled headers: the standard library and Asio, parsed once instead of 200 times. They halve the cost of building.
# Every file still includes what it uses: -DMILLRACE_PCH=OFF builds the same.
#
# CMake's own target_precompile_headers() writes a header into the build folder, whose path ends up in the result and in
# every command line: no other build folder would ever find its objects in ccache. Hence ours is made from a system header
# and named relative to the build folder: the same bytes and the same commands everywhere.

set(can_precompile OFF)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_GENERATOR STREQUAL "Ninja")
  set(can_precompile ON)
endif()
option(MILLRACE_PCH "Precompile the headers of Asio and the standard library (Clang and Ninja only)" ${can_precompile})

set(millrace_precompiled_headers
  algorithm array atomic charconv chrono cstddef cstdint deque exception functional list map memory mutex optional ostream
  random span stdexcept string string_view thread unordered_map utility variant vector
  boost/asio/any_io_executor.hpp
  boost/asio/as_tuple.hpp
  boost/asio/awaitable.hpp
  boost/asio/bind_cancellation_slot.hpp
  boost/asio/buffer.hpp
  boost/asio/cancellation_signal.hpp
  boost/asio/co_spawn.hpp
  boost/asio/deferred.hpp
  boost/asio/error.hpp
  boost/asio/executor_work_guard.hpp
  boost/asio/experimental/channel.hpp
  boost/asio/experimental/parallel_group.hpp
  boost/asio/io_context.hpp
  boost/asio/ip/address.hpp
  boost/asio/ip/tcp.hpp
  boost/asio/post.hpp
  boost/asio/steady_timer.hpp
  boost/asio/this_coro.hpp
  boost/asio/use_awaitable.hpp
  boost/system/result.hpp
  boost/system/system_error.hpp)

# millrace_precompile(name HEADERS … LINK … OPTIONS …): what millrace_use_precompiled(target name) then uses.
function(millrace_precompile name)
  if(NOT MILLRACE_PCH)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "HEADERS;LINK;OPTIONS" ${ARGN})
  list(TRANSFORM ARG_HEADERS PREPEND "SHELL:-include ")
  set(main_file ${Boost_INCLUDE_DIRS}/boost/version.hpp)
  add_library(millrace_precompiled_${name} OBJECT ${main_file})
  set_source_files_properties(${main_file} PROPERTIES LANGUAGE CXX)
  target_compile_options(millrace_precompiled_${name} PRIVATE
    ${ARG_OPTIONS} "SHELL:-x c++-header" "SHELL:-Xclang -fno-pch-timestamp" -fpch-instantiate-templates ${ARG_HEADERS})
  target_link_libraries(millrace_precompiled_${name} PRIVATE ${ARG_LINK})
  set(result ${CMAKE_BINARY_DIR}/precompiled/${name}.pch)
  add_custom_command(OUTPUT ${result}
    COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_OBJECTS:millrace_precompiled_${name}> ${result}
    DEPENDS millrace_precompiled_${name} $<TARGET_OBJECTS:millrace_precompiled_${name}>
    VERBATIM)
  add_custom_target(millrace_precompile_${name} DEPENDS ${result})
endfunction()

# The target must be compiled with the options that the headers were precompiled with.
function(millrace_use_precompiled target name)
  if(NOT MILLRACE_PCH)
    return()
  endif()
  target_compile_options(${target} PRIVATE
    "SHELL:-Xclang -include-pch -Xclang precompiled/${name}.pch" "SHELL:-Xclang -fno-pch-timestamp")
  get_target_property(sources ${target} SOURCES)
  set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS ${CMAKE_BINARY_DIR}/precompiled/${name}.pch)
endfunction()
