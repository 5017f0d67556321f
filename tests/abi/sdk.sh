#!/bin/bash
# sdk.sh: the installed kit alone is enough to build a module, through its CMake package and through
# pkg-config, also after the installation was moved.
# shellcheck source=tests/lib/test.sh
. "$ORX_SOURCE_DIR/tests/lib/test.sh" || exit 1

exported() {
    nm -D --defined-only "$1" | awk '{ print $3 }'
}

begin 'installs'
run cmake --install "$ORX_BUILD_DIR" --component sdk --prefix "$T/first"
expect_status 0
mv "$T/first" "$T/kit"
expect_eq "$(find "$T/kit/include" -name '*.h' | wc -l)" "$(find "$ORX_SOURCE_DIR/sdk/include" -name '*.h' | wc -l)"

mkdir "$T/driver"
cp "$ORX_SOURCE_DIR/tests/abi/plugin_minimal.c" "$T/driver/minimal.c"
cat >"$T/driver/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.16)
project(minimal C)
find_package(OrxaqSDK 0.1 REQUIRED)
orxaq_add_plugin(minimal minimal.c)
file(WRITE ${CMAKE_BINARY_DIR}/plugin_dir ${OrxaqSDK_PLUGIN_DIR})
END

begin 'CMake package'
run cmake -S "$T/driver" -B "$T/out" -DCMAKE_PREFIX_PATH="$T/kit" -DCMAKE_BUILD_TYPE=Release
expect_status 0
run cmake --build "$T/out"
expect_status 0
expect_eq "$(exported "$T/out/minimal.so")" orxaq_plugin_query
expect_in "$(<"$T/out/plugin_dir")" "$T/kit/"

begin 'a package of another minor version does not fit'
sed -i 's/OrxaqSDK 0.1/OrxaqSDK 0.2/' "$T/driver/CMakeLists.txt"
run cmake -S "$T/driver" -B "$T/out2" -DCMAKE_PREFIX_PATH="$T/kit"
expect_status 1

begin 'pkg-config'
pc=$(dirname "$(find "$T/kit" -name orxaq-sdk.pc)")
flags=$(PKG_CONFIG_PATH=$pc pkg-config --cflags orxaq-sdk)
# shellcheck disable=SC2086
run cc -std=c99 -Wall -Werror -fPIC -shared -fvisibility=hidden $flags \
    -o "$T/minimal.so" "$T/driver/minimal.c"
expect_status 0
expect_eq "$(exported "$T/minimal.so")" orxaq_plugin_query
expect_in "$(PKG_CONFIG_PATH=$pc pkg-config --variable=plugindir orxaq-sdk)" lib/orxaq/plugins
finish
