# declarations.awk: reduces a header to one line per thing that two compilations must agree on:
#
#   struct NAME INDEX MEMBER DECLARATION     each member, in order, from 0
#   enum NAME VALUE                          each enumerator
#   define NAME VALUE                        each macro without arguments
#
# It understands the plain style of sdk/include: no nested structs, no bit fields.
function squeeze(s) {
    gsub(/[ \t\n]+/, " ", s); sub(/^ /, "", s); sub(/ $/, "", s); return s
}
function member_name(d) {
    if (match(d, /\(\*[a-z_0-9]+\)/)) return substr(d, RSTART + 2, RLENGTH - 3)
    sub(/\[[^]]*\]$/, "", d); match(d, /[a-z_0-9]+$/); return substr(d, RSTART, RLENGTH)
}
function members(name, body,    n, parts, i, d, at) {
    n = split(body, parts, ";"); at = 0
    for (i = 1; i <= n; i++) {
        d = squeeze(parts[i])
        if (d != "") print "struct", name, at++, member_name(d), d
    }
}
function enumerators(body,    n, parts, i, d, eq) {
    n = split(body, parts, ",")
    for (i = 1; i <= n; i++) {
        d = squeeze(parts[i]); eq = index(d, "=")
        if (d != "") print "enum", squeeze(substr(d, 1, eq - 1)), squeeze(substr(d, eq + 1))
    }
}
{ text = text $0 "\n" }
END {
    while ((a = index(text, "/*")) > 0) {
        b = index(substr(text, a), "*/")
        text = substr(text, 1, a - 1) " " substr(text, a + b + 1)
    }
    gsub(/\\\n/, " ", text)
    rest = text
    while (match(rest, /#define [A-Z_0-9]+ [^\n]*/)) {
        line = squeeze(substr(rest, RSTART + 8, RLENGTH - 8)); rest = substr(rest, RSTART + RLENGTH)
        sp = index(line, " ")
        if (sp > 0) print "define", substr(line, 1, sp - 1), substr(line, sp + 1)
    }
    rest = text
    while (match(rest, /(struct orxaq_[a-z_0-9]+|enum) \{[^}]*\}/)) {
        block = substr(rest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH)
        open = index(block, "{"); body = substr(block, open + 1, length(block) - open - 1)
        head = squeeze(substr(block, 1, open - 1))
        if (head == "enum") enumerators(body)
        else members(substr(head, 8), body)
    }
}
