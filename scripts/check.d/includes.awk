# includes.awk: see the script includes, which runs it.
BEGIN {
    count = split(rooms, list, " ")
    for (i = 1; i <= count; i++)
        rank[list[i]] = i

    # library header -> the only files that may include it
    fence["ltdl.h"] = "^core/platform/uv/module"
    fence["uv.h"] = "^core/platform/uv/"
    fence["uv/"] = "^core/platform/uv/"
    fence["curl/"] = "^core/platform/http_client"
    fence["microhttpd.h"] = "^core/platform/http_server"
    fence["yajl/"] = "^core/data/json"
    fence["yaml.h"] = "^core/data/yaml"
    fence["sqlite3.h"] = "^core/store/"
    fence["openssl/"] = "^core/base/(digest|ed25519)\\."
    fence["nats/"] = "^plugins/nats/"
}

# The fence of a system include, or "".
function fence_of(name,    folder) {
    folder = name
    sub(/\/.*/, "/", folder)
    return name in fence ? fence[name] : folder in fence ? fence[folder] : ""
}

function check_system(file, line, name,    allowed) {
    if (is_test(file))
        return
    allowed = fence_of(name)
    if (allowed != "") {
        if (file !~ allowed)
            found(file, line, "fence", "<" name "> belongs into " substr(allowed, 2) "*")
    } else if (name ~ /^orxaq\//) {
        if (file ~ /^core\/(base|platform|data)\//)
            found(file, line, "rooms", room_of(file) " knows nothing of plugins, so not of <" name ">")
    } else if (!is_standard(name)) {
        if (file ~ /^(plugins|sdk)\//)
            found(file, line, "plugins", "<" name "> is neither <orxaq/...> nor the C standard library")
        else if (file !~ /^(core\/platform|libexec)\//)
            found(file, line, "os", "<" name "> is for core/platform and libexec")
    }
}

function check_own(file, line, name,    from, to) {
    if (is_test(file))
        return
    from = room_of(file)
    to = name
    sub(/\/.*/, "", to)
    if (file ~ /^plugins\//) {
        # Its own headers lie beside it and are named without a folder.
        if (name ~ /\//)
            found(file, line, "plugins", "\"" name "\" is not the plugin's own header")
    } else if (file ~ /^libexec\//) {
        if (name ~ /\// && to !~ /^(base|platform)$/)
            found(file, line, "rooms", "libexec uses base and platform only, not \"" name "\"")
    } else if (from != "") {
        if (name !~ /\// || !(to in rank))
            found(file, line, "rooms", "\"" name "\" does not begin with a room: write \"room/file.h\"")
        else if (rank[to] > rank[from])
            found(file, line, "rooms", from " comes before " to " and cannot include \"" name "\"")
    }
}

{
    room = room_of($1)
    if (room != "" && !(room in rank) && !(room in told)) {
        told[room] = 1
        found($1, 1, "rooms", "core/" room " is not listed in docs/architecture.md")
    }
}
$4 ~ /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
    name = $4
    sub(/^[^<"]*[<"]/, "", name)
    sub(/[>"].*/, "", name)
    if ($4 ~ /</)
        check_system($1, $2, name)
    else
        check_own($1, $2, name)
}
