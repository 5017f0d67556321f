# Compiler options that hold for every target, and the switches a builder may turn.
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

option(ORX_TESTS "Build the tests" ON)
option(ORX_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(ORX_COVERAGE "Build with coverage counters" OFF)
option(ORX_FUZZ "Build the libFuzzer targets (needs clang)" OFF)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# Assertions are part of the contract and stay on in every build.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g")

add_compile_options(
    -Wall -Wextra -Wconversion -Wshadow -Wvla -Wformat=2 -Werror
    -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings
    -fstack-protector-strong -fno-common -fno-strict-aliasing)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # Bounded printing that cuts is how error messages stay bounded; it is never an accident here.
    # (clang has no such warning.)
    add_compile_options(-Wno-format-truncation)
endif()
add_compile_definitions(_GNU_SOURCE)
add_link_options(-Wl,-z,now -Wl,-z,relro -Wl,--as-needed)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT ORX_SANITIZE)
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(ORX_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()
if(ORX_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()
if(ORX_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_package(PkgConfig REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(YAJL REQUIRED IMPORTED_TARGET yajl)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
find_library(LTDL_LIBRARY ltdl REQUIRED)
find_path(LTDL_INCLUDE ltdl.h REQUIRED)
add_library(orx_ltdl INTERFACE)
target_link_libraries(orx_ltdl INTERFACE ${LTDL_LIBRARY})
target_include_directories(orx_ltdl INTERFACE ${LTDL_INCLUDE})
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
