# code.awk: C source without its comments and literals, one output line per input line:
# file TAB line TAB (1 when the line holds comment text) TAB code. Include lines keep their names.
function emit(code) {
    printf "%s\t%d\t%d\t%s\n", FILENAME, FNR, comment, code
}
FNR == 1 { block = 0 }
{
    rest = $0
    code = ""
    comment = 0
    include = !block && rest ~ /^[ \t]*#[ \t]*include/
    while (rest != "") {
        if (block) {
            if (rest ~ /[^ \t]/)
                comment = 1
            end = index(rest, "*/")
            rest = end ? substr(rest, end + 2) : ""
            block = !end
            code = code " "
        } else if (!match(rest, include ? "/\\*|//" : "/\\*|//|\"|'")) {
            code = code rest
            rest = ""
        } else {
            token = substr(rest, RSTART, RLENGTH)
            code = code substr(rest, 1, RSTART - 1)
            rest = substr(rest, RSTART + RLENGTH)
            if (token == "//") {
                comment = 1
                rest = ""
            } else if (token == "/*") {
                comment = 1
                block = 1
            } else {
                quote = token == "\"" ? "^([^\"\\\\]|\\\\.)*\"" : "^([^'\\\\]|\\\\.)*'"
                rest = match(rest, quote) ? substr(rest, RLENGTH + 1) : ""
                code = code token token
            }
        }
    }
    emit(code)
}
