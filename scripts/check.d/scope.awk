# scope.awk: which part of the tree a file belongs to. Used with another -f and FS = "\t".
function is_test(file) {
    return file ~ /^tests\// || file ~ /^[a-z]+\/.*\/tests?\//
}
function is_shipped(file) {
    return file ~ /^(core|libexec|plugins|sdk)\// && !is_test(file)
}
# core/ROOM/...: the room, else "".
function room_of(file) {
    return match(file, /^core\/[a-z_]+\//) ? substr(file, 6, RLENGTH - 6) : ""
}
function found(file, line, rule, text) {
    printf "%s:%d: %s: %s\n", file, line, rule, text
}
# Whether a header is the C standard library's, as far as everybody may use it: signal.h and
# threads.h are the platform's business.
function is_standard(name) {
    return name ~ /^(assert|complex|ctype|errno|fenv|float|inttypes|iso646|limits|locale|math|setjmp|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|tgmath|time|uchar|wchar|wctype)\.h$/
}
