/* What libcurl is told about one transfer. Everything that could surprise is switched off by name.
 */
#include "platform/http_client/client.h"

#include <stdlib.h>
#include <sys/socket.h>

/* Programs that are started meanwhile must not inherit the connection. */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *a) {
    (void)user;
    (void)purpose;
    int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* ---- Headers --------------------------------------------------------------------------------- */

static void wipe(orx_str *text) {
    if (text->buf)
        explicit_bzero(text->buf, text->cap);
    orx_str_free(text);
}

/* libcurl takes "Name: value", "Name;" for one without value and "Name:" to leave one out. */
static bool add_line(orx_request *r, const char *line) {
    struct curl_slist *grown = curl_slist_append(r->headers, line);
    if (!grown)
        return false;
    r->headers = grown;
    return true;
}

static bool add_header(orx_request *r, const orx_http_header *h) {
    orx_str line = {0};
    (void)orx_str_reserve(&line, h->name.len + h->value.len + 4); /* one piece: nothing is left */
    orx_str_addv(&line, h->name);
    orx_str_adds(&line, h->value.len ? ": " : ";");
    orx_str_addv(&line, h->value);
    bool good = add_line(r, orx_str_cstr(&line));
    wipe(&line);
    return good;
}

static bool add_headers(orx_request *r, const orx_http_spec *spec) {
    /* No waiting for "100 Continue", and no type that the caller did not state. */
    bool good = add_line(r, "Expect:");
    bool typed = false;
    for (size_t i = 0; i < spec->header_count && good; i++) {
        typed = typed || orx_view_ieq(spec->headers[i].name, orx_view_of("content-type"));
        good = add_header(r, &spec->headers[i]);
    }
    return good && (typed || add_line(r, "Content-Type:"));
}

void orx_request_wipe(orx_request *r) {
    for (struct curl_slist *h = r->headers; h; h = h->next)
        explicit_bzero(h->data, strlen(h->data));
    curl_slist_free_all(r->headers);
    r->headers = NULL;
}

/* ---- Options --------------------------------------------------------------------------------- */

/* Sets an option and remembers the first that was not taken. */
#define SET(option, value)                                                                         \
    do {                                                                                           \
        CURLcode code_ = curl_easy_setopt(r->easy, (option), (value));                             \
        if (code_ != CURLE_OK && rc == CURLE_OK)                                                   \
            rc = code_;                                                                            \
    } while (0)

static CURLcode set_behaviour(orx_request *r) {
    CURLcode rc = CURLE_OK;
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_NOPROGRESS, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* cancelling does not wait for the thread that resolves a name */
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_BUFFERSIZE, 65536L);
    SET(CURLOPT_USERAGENT, "orxaq");
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_HEADERFUNCTION, orx_answer_header);
    SET(CURLOPT_HEADERDATA, r);
    SET(CURLOPT_WRITEFUNCTION, orx_answer_body);
    SET(CURLOPT_WRITEDATA, r);
    SET(CURLOPT_ERRORBUFFER, r->error);
    SET(CURLOPT_PRIVATE, r);
    return rc;
}

static CURLcode set_trust(orx_request *r) {
    CURLcode rc = CURLE_OK;
    const char *dir = r->ca_file ? NULL : orx_env(r->e->p, "SSL_CERT_DIR");
    const char *file = r->ca_file ? r->ca_file : orx_env(r->e->p, "SSL_CERT_FILE");
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (file && *file)
        SET(CURLOPT_CAINFO, file);
    if (dir && *dir)
        SET(CURLOPT_CAPATH, dir);
    else if (r->ca_file)
        SET(CURLOPT_CAPATH, NULL);
    return rc;
}

static CURLcode set_message(orx_request *r, const orx_http_spec *spec) {
    CURLcode rc = CURLE_OK;
    bool post = spec->body.len > 0 || strcmp(spec->method, "POST") == 0 ||
                strcmp(spec->method, "PUT") == 0 || strcmp(spec->method, "PATCH") == 0;
    if (strcmp(spec->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    } else if (post) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)spec->body.len);
        SET(CURLOPT_POSTFIELDS, r->body);
    }
    SET(CURLOPT_CUSTOMREQUEST, spec->method);
    SET(CURLOPT_URL, spec->url);
    SET(CURLOPT_HTTPHEADER, r->headers);
    return rc;
}

static long connect_ms(const orx_http_spec *spec) {
    int64_t ns = spec->connect_timeout_ns > 0 ? spec->connect_timeout_ns : ORX_HTTP_CONNECT_NS;
    int64_t ms = (ns + ORX_MS - 1) / ORX_MS;
    return ms > 86400000 ? 86400000L : (long)ms;
}

int orx_request_options(orx_request *r, const orx_http_spec *spec, const orx_http_place *place,
                        orx_err *err) {
    CURLcode rc = CURLE_OUT_OF_MEMORY;
    if (add_headers(r, spec))
        rc = set_behaviour(r);
    if (rc == CURLE_OK)
        rc = set_trust(r);
    if (rc == CURLE_OK)
        rc = set_message(r, spec);
    if (rc == CURLE_OK) {
        SET(CURLOPT_CONNECTTIMEOUT_MS, connect_ms(spec));
        /* This machine is never reached through a proxy; for others the variables count. */
        if (orx_http_is_loopback(place->host))
            SET(CURLOPT_PROXY, "");
    }
    if (rc != CURLE_OK)
        return orx_err_set(err, ORX_E_INVALID, "%s: libcurl does not take the request: %s",
                           r->where, curl_easy_strerror(rc));
    return 0;
}
