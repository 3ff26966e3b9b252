# Third-party libraries, all from Debian 12 packages.

find_package(Threads REQUIRED)
set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers url json program_options unit_test_framework)
find_package(OpenSSL 3.0 REQUIRED)
find_package(spdlog REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2)
# The core alone: the CMake package would want the HTTP server and client of the other parts, too.
pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core)

# Asio and Beast are compiled once, in source/async/boost_implementation.cpp.
add_library(millrace_boost INTERFACE)
target_link_libraries(millrace_boost INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(millrace_boost INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
