/* Certificates: nobody gets a request, and with it a key, whose certificate does not prove that he
 * is the host that was meant. The server here makes its own certificates, good and bad. */
#include "fetch.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- Certificates ---------------------------------------------------------------------------- */

typedef struct identity {
    EVP_PKEY *key;
    X509 *cert;
    char file[64]; /* the certificate as PEM */
} identity;

static void extend(X509 *cert, int nid, const char *value) {
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(ext);
    assert_int_equal(X509_add_ext(cert, ext, -1), 1);
    X509_EXTENSION_free(ext);
}

/* Signed by itself, for these names, valid until so many seconds from now. */
static identity make_identity(const char *names, long until) {
    identity id = {.key = EVP_EC_gen("P-256"), .cert = X509_new()};
    X509_NAME *name = X509_get_subject_name(id.cert);
    assert_non_null(id.key);
    (void)X509_set_version(id.cert, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(id.cert), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(id.cert), -86400);
    (void)X509_gmtime_adj(X509_getm_notAfter(id.cert), until);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1,
                                     -1, 0);
    (void)X509_set_issuer_name(id.cert, name);
    (void)X509_set_pubkey(id.cert, id.key);
    extend(id.cert, NID_basic_constraints, "critical,CA:TRUE");
    extend(id.cert, NID_subject_alt_name, names);
    assert_true(X509_sign(id.cert, id.key, EVP_sha256()) > 0);
    (void)snprintf(id.file, sizeof id.file, "/tmp/orxaq-tls.XXXXXX");
    int fd = mkstemp(id.file);
    FILE *f = fdopen(fd, "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_X509(f, id.cert), 1);
    (void)fclose(f);
    return id;
}

static void drop_identity(identity *id) {
    (void)unlink(id->file);
    X509_free(id->cert);
    EVP_PKEY_free(id->key);
}

/* ---- The server ------------------------------------------------------------------------------ */

typedef struct tls_server {
    SSL_CTX *ctx;
    int fd;
    int port;
    pthread_t thread;
    atomic_int requests;
} tls_server;

static void serve_one(tls_server *s, int fd) {
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
    char buf[4096];
    SSL *ssl = SSL_new(s->ctx);
    (void)SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1 && SSL_read(ssl, buf, sizeof buf) > 0) {
        atomic_fetch_add(&s->requests, 1);
        (void)SSL_write(ssl, answer, (int)strlen(answer));
        (void)SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    (void)close(fd);
}

static void *run_tls(void *arg) {
    tls_server *s = arg;
    int fd;
    while ((fd = accept(s->fd, NULL, NULL)) >= 0)
        serve_one(s, fd);
    return NULL;
}

static tls_server *tls_start(const identity *id) {
    tls_server *s = calloc(1, sizeof *s);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    s->ctx = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(s->ctx, id->cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(s->ctx, id->key), 1);
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&a, len), 0);
    assert_int_equal(listen(s->fd, 16), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &len), 0);
    s->port = ntohs(a.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, run_tls, s), 0);
    return s;
}

/* Returns how many requests it was sent. */
static int tls_stop(tls_server *s) {
    (void)shutdown(s->fd, SHUT_RDWR);
    (void)pthread_join(s->thread, NULL);
    (void)close(s->fd);
    int requests = atomic_load(&s->requests);
    SSL_CTX_free(s->ctx);
    free(s);
    return requests;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

/* A request with a key to the server of this identity, trusting what ca_file holds (NULL: the
 * system's store). */
static void expect(net *n, const identity *id, const char *ca_file, bool reaches) {
    static const orx_http_header key = {{"Authorization", 13}, {"Bearer s3cret", 13}};
    tls_server *s = tls_start(id);
    fetch f;
    fetch_prepare(&f, n->p, NULL, "/");
    (void)snprintf(f.url, sizeof f.url, "https://localhost:%d/s3cret", s->port);
    f.spec.headers = &key;
    f.spec.header_count = 1;
    f.spec.ca_file = ca_file;
    f.spec.total_timeout_ns = 10 * ORX_SEC;
    fetch_begin(&f);
    fetch_wait(&f);
    assert_int_equal(f.result.end, reaches ? ORX_HTTP_DONE : ORX_HTTP_UNREACHED);
    assert_string_equal(orx_str_cstr(&f.body), reaches ? "secret" : "");
    assert_null(strstr(f.result.message, "s3cret"));
    fetch_free(&f);
    assert_int_equal(tls_stop(s), reaches);
}

static void only_a_trusted_certificate_for_the_host_will_do(void **state) {
    net *n = *state;
    identity good = make_identity("DNS:localhost,IP:127.0.0.1", 86400);
    identity other_name = make_identity("DNS:models.example", 86400);
    identity expired = make_identity("DNS:localhost", -3600);
    expect(n, &good, NULL, false); /* nobody known has signed it */
    expect(n, &good, good.file, true);
    expect(n, &good, other_name.file, false);
    expect(n, &good, "/nowhere/ca.pem", false);
    expect(n, &other_name, other_name.file, false);
    expect(n, &expired, expired.file, false);
    drop_identity(&good);
    drop_identity(&other_name);
    drop_identity(&expired);
}

static void the_usual_variable_names_certificates(void **state) {
    net *n = *state;
    identity good = make_identity("DNS:localhost", 86400);
    identity other = make_identity("DNS:localhost", 86400);
    (void)setenv("SSL_CERT_FILE", good.file, 1);
    expect(n, &good, NULL, true);
    expect(n, &other, NULL, false);
    expect(n, &other, other.file, true); /* what the caller names counts more */
    expect(n, &good, other.file, false);
    (void)unsetenv("SSL_CERT_FILE");
    drop_identity(&good);
    drop_identity(&other);
}

#define T(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(only_a_trusted_certificate_for_the_host_will_do),
        T(the_usual_variable_names_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
