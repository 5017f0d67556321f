# The kinds of target this project has.

# orx_room(NAME DEPENDS... ): core/NAME/*.c (and the folders in SUBDIRS) become the static
# library orx_NAME. A room depends only on rooms earlier in docs/architecture.md; scripts/check
# compares the includes with that list.
function(orx_room name)
    cmake_parse_arguments(R "" "" "DEPENDS;SUBDIRS" ${ARGN})
    set(globs ${CMAKE_SOURCE_DIR}/core/${name}/*.c)
    foreach(sub ${R_SUBDIRS})
        list(APPEND globs ${CMAKE_SOURCE_DIR}/core/${name}/${sub}/*.c)
    endforeach()
    file(GLOB sources CONFIGURE_DEPENDS ${globs})
    if(NOT sources)
        return()
    endif()
    add_library(orx_${name} STATIC ${sources})
    target_include_directories(orx_${name} PUBLIC ${CMAKE_SOURCE_DIR}/core ${CMAKE_SOURCE_DIR}/sdk/include)
    target_link_libraries(orx_${name} PUBLIC ${R_DEPENDS})
endfunction()

# orx_plugin(NAME): plugins/NAME/*.c become plugins/NAME.so, which sees only sdk/include.
function(orx_plugin name)
    string(TOUPPER ${name} upper)
    option(ORX_PLUGIN_${upper} "Build the plugin ${name}" ON)
    if(NOT ORX_PLUGIN_${upper})
        return()
    endif()
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/plugins/${name}/*.c)
    add_library(plugin_${name} MODULE ${sources})
    target_include_directories(plugin_${name} PRIVATE ${CMAKE_SOURCE_DIR}/sdk/include)
    set_target_properties(plugin_${name} PROPERTIES PREFIX "" SUFFIX ".so" OUTPUT_NAME ${name}
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
    target_link_options(plugin_${name} PRIVATE -Wl,--no-undefined)
    install(TARGETS plugin_${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/orxaq/plugins)
    if(ORX_TESTS AND EXISTS ${CMAKE_SOURCE_DIR}/plugins/${name}/tests/CMakeLists.txt)
        add_subdirectory(${CMAKE_SOURCE_DIR}/plugins/${name}/tests ${CMAKE_BINARY_DIR}/plugins-tests/${name})
    endif()
endfunction()

# What every test is told: its labels, its time limit and where the two trees are. A test with
# CONFIGURATIONS runs only under `ctest -C` one of them (torture, soak, agents): that is how a long test
# stays out of the default suite. One that cannot run here (a tool is missing) exits with 77.
function(orx_test_properties name labels timeout)
    if(NOT timeout)
        set(timeout 900)
    endif()
    set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout} SKIP_RETURN_CODE 77
        ENVIRONMENT "ORX_BUILD_DIR=${CMAKE_BINARY_DIR};ORX_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
endfunction()

# orx_test(NAME SOURCES a.c ... LIBS orx_base ... LABELS unit ... [TIMEOUT s]
# [CONFIGURATIONS torture ...]): one cmocka program.
function(orx_test name)
    cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LIBS;LABELS;CONFIGURATIONS" ${ARGN})
    add_executable(${name} ${T_SOURCES})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/lib)
    target_link_libraries(${name} PRIVATE ${T_LIBS} cmocka)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND ${name} CONFIGURATIONS ${T_CONFIGURATIONS})
    orx_test_properties(${name} "${T_LABELS}" "${T_TIMEOUT}")
endfunction()

# orx_script_test(NAME SCRIPT file.sh LABELS e2e ... [TIMEOUT s] [CONFIGURATIONS ...]): one test
# written as a bash script, which may use tests/lib/test.sh.
function(orx_script_test name)
    cmake_parse_arguments(T "" "SCRIPT;TIMEOUT" "LABELS;CONFIGURATIONS" ${ARGN})
    add_test(NAME ${name} COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/${T_SCRIPT}
        CONFIGURATIONS ${T_CONFIGURATIONS})
    orx_test_properties(${name} "${T_LABELS}" "${T_TIMEOUT}")
endfunction()

# orx_fuzz(NAME SOURCES ... LIBS ...): one libFuzzer program, built with -DORX_FUZZ=ON; in other
# builds the same sources replay the seed corpus tests/fuzz/corpus/NAME, and further folders of SEEDS, as a
# test with the label fuzz and LABELS. The target `fuzzers` builds all of them and what they need.
function(orx_fuzz name)
    cmake_parse_arguments(F "" "" "SOURCES;LIBS;SEEDS;LABELS" ${ARGN})
    if(ORX_FUZZ)
        add_executable(fuzz_${name} ${F_SOURCES})
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    else()
        add_executable(fuzz_${name} ${F_SOURCES} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c)
        add_test(NAME fuzz_${name} COMMAND fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name} ${F_SEEDS})
        set_tests_properties(fuzz_${name} PROPERTIES LABELS "fuzz;${F_LABELS}" TIMEOUT 900)
    endif()
    target_link_libraries(fuzz_${name} PRIVATE ${F_LIBS})
    if(NOT TARGET fuzzers)
        add_custom_target(fuzzers)
    endif()
    add_dependencies(fuzzers fuzz_${name})
    set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
endfunction()
