/* fake-agent: an agent program that misbehaves in one of twenty ways.
 *
 * usage: fake-agent WAY, in a repository that is the folder `repo` of a root. Real agents, and the
 * tools they run, do each of these by accident; somebody who means harm does them on purpose.
 *
 * Before it turns bad an agent reports usage, 100 tokens in, 10 out, 0.002 USD, so that the books
 * can be compared afterwards. Those that end with a result leave the file work.txt. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BOMB_MAX 300 /* processes; a test must not eat the machine it runs on */
#define GIB      ((int64_t)1 << 30)

static void say(const char *text) {
    (void)!write(STDOUT_FILENO, text, strlen(text));
}

static void nap(long ms) {
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
        ;
}

_Noreturn static void hang_for_ever(void) {
    for (;;)
        nap(100000);
}

static void ignore_signals(void) {
    static const int polite[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof polite / sizeof polite[0]; i++)
        (void)signal(polite[i], SIG_IGN);
}

static void report_usage(void) {
    say("{\"usage\":{\"input_tokens\":100,\"output_tokens\":10,\"cost_usd\":0.002}}\n");
}

static void write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0)
        return;
    (void)!write(fd, text, strlen(text));
    (void)close(fd);
}

static void claim_done(void) {
    say("{\"status\":\"done\",\"summary\":\"all is well\"}\n");
}

static void work(void) {
    write_file("work.txt", "work\n");
    claim_done();
}

/* ---- Not ending ------------------------------------------------------------------------------ */

static void hang(void) {
    hang_for_ever();
}

static void spin(void) {
    for (volatile uint64_t i = 0; i != UINT64_MAX;)
        i++;
}

static void ignore_term(void) {
    ignore_signals();
    hang_for_ever();
}

static void close_stdout(void) {
    for (int fd = 0; fd <= 2; fd++)
        (void)close(fd);
    hang_for_ever();
}

static void stop_self(void) {
    (void)raise(SIGSTOP);
    hang_for_ever();
}

static void drip(void) {
    for (;;) {
        say(".");
        nap(100);
    }
}

/* ---- Leaving others behind ------------------------------------------------------------------- */

static void fork_bomb(void) {
    int *count =
        mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ignore_signals();
    while (count != MAP_FAILED && __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST) <= BOMB_MAX)
        (void)!fork();
    hang_for_ever();
}

static void double_fork(void) {
    if (fork() == 0) {
        (void)setsid();
        if (fork() == 0) {
            int null = open("/dev/null", O_RDWR);
            (void)!chdir("/");
            ignore_signals();
            for (int fd = 0; fd <= 2; fd++)
                (void)dup2(null, fd);
            hang_for_ever();
        }
        _exit(0);
    }
    work();
}

static void keep_stdout(void) {
    if (fork() == 0) {
        ignore_signals();
        hang_for_ever();
    }
    work();
}

/* ---- Saying too much, or nonsense ------------------------------------------------------------ */

static void pour(int64_t bytes, const char *line) {
    static char block[1 << 16];
    size_t len = strlen(line);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = line[i % len];
    for (int64_t left = bytes; left > 0;) {
        ssize_t n = write(STDOUT_FILENO, block, sizeof block);
        if (n < 0)
            _exit(1);
        left -= n;
    }
}

static void flood(void) {
    char line[4096] = "{\"text\":\"";
    for (size_t i = strlen(line); i < sizeof line - 4; i++)
        line[i] = 'x';
    memcpy(line + sizeof line - 4, "\"}\n", 4);
    pour(10 * GIB, line);
}

static void no_newline(void) {
    pour(GIB, "x");
    say("\n");
    work();
}

static void noise(void) {
    static unsigned char block[1 << 16];
    uint32_t x = 2463534242U;
    for (int round = 0; round < 64; round++) {
        for (size_t i = 0; i < sizeof block; i++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            block[i] = (unsigned char)x;
        }
        (void)!write(STDOUT_FILENO, block, sizeof block);
        (void)!write(STDERR_FILENO, block, sizeof block);
    }
}

/* Half a character, a surrogate, an overlong slash, bytes that never occur. */
static void bad_utf8(void) {
    say("{\"text\":\"one \xC3 two \xED\xA0\x80 three \xC0\xAF four \xFF\"}\n\xFE\xFF\n");
    write_file("work.txt", "work\n");
    say("{\"status\":\"done\",\"summary\":\"cut \xE2\x82\"}\n");
}

static void error_text(void) {
    say("Error: 401 Unauthorized: the API key is not valid\n");
    (void)!write(STDERR_FILENO, "fatal: giving up\n", 17);
}

/* ---- Lying about money ----------------------------------------------------------------------- */

static void fake_usage(void) {
    for (int i = 0; i < 3; i++)
        say("{\"usage\":{\"input_tokens\":9223372036854775807,\"output_tokens\":9e30,"
            "\"cost_usd\":1e300}}\n");
    work();
}

static void negative_cost(void) {
    say("{\"usage\":{\"input_tokens\":-100,\"output_tokens\":-1,\"cost_usd\":-5}}\n");
    work();
}

/* ---- Breaking the surroundings --------------------------------------------------------------- */

static void remove_below(const char *dir) {
    DIR *d = opendir(dir);
    const struct dirent *e;
    char path[4096];
    while (d && (e = readdir(d))) {
        struct stat st;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
            remove_below(path);
        if (remove(path) != 0)
            (void)fprintf(stderr, "%s stays\n", path);
    }
    if (d)
        (void)closedir(d);
}

static void unlink_cwd(void) {
    char cwd[4096];
    remove_below(".");
    if (getcwd(cwd, sizeof cwd))
        (void)rmdir(cwd);
    claim_done();
}

static void fill_disk(void) {
    static char block[1 << 16];
    int fd = open("filler", O_WRONLY | O_CREAT, 0644);
    for (int64_t n = 0; n < GIB && write(fd, block, sizeof block) > 0; n += (int64_t)sizeof block)
        ;
    _exit(1);
}

/* Shared locks need no right to write. */
static void lock_file(const char *dir, const char *name) {
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    if (fd >= 0)
        (void)fcntl(fd, F_OFD_SETLK, &whole);
    (void)unlink(path);
}

static void steal_lock(void) {
    static const char *const dirs[] = {"../state", "../artifacts/autonomy"};
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        DIR *d = opendir(dirs[i]);
        const struct dirent *e;
        while (d && (e = readdir(d)))
            if (e->d_type == DT_REG)
                lock_file(dirs[i], e->d_name);
    }
    write_file("../artifacts/autonomy/runner.lock", "mine");
    write_file(".git/index.lock", "");
    write_file(".git/HEAD.lock", "");
    write_file("half.txt", "half\n");
    hang_for_ever();
}

static void write_outside(void) {
    write_file("../orxaq.yaml", "version: 1\n");
    write_file("../state/state.json", "{}");
    write_file("../escaped", "x");
    (void)!symlink("..", "up");
    write_file("up/escaped", "x");
    (void)rename("../config", "config");
    (void)!link("../orxaq.yaml", "linked");
    (void)unlink("../config/tasks.json");
    (void)unlink("up");
    work();
}

static const struct {
    const char *name;
    int quiet; /* reports no usage of its own */
    void (*run)(void);
} ways[] = {
    {"hang", 0, hang},
    {"spin", 0, spin},
    {"fork-bomb", 0, fork_bomb},
    {"double-fork", 0, double_fork},
    {"ignore-term", 0, ignore_term},
    {"close-stdout", 0, close_stdout},
    {"keep-stdout", 0, keep_stdout},
    {"flood", 0, flood},
    {"no-newline", 0, no_newline},
    {"drip", 0, drip},
    {"noise", 0, noise},
    {"bad-utf8", 0, bad_utf8},
    {"fake-usage", 1, fake_usage},
    {"negative-cost", 1, negative_cost},
    {"error-text", 0, error_text},
    {"stop-self", 0, stop_self},
    {"unlink-cwd", 0, unlink_cwd},
    {"fill-disk", 0, fill_disk},
    {"steal-lock", 0, steal_lock},
    {"write-outside", 0, write_outside},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof ways / sizeof ways[0]; i++) {
        if (strcmp(argv[1], ways[i].name) != 0)
            continue;
        if (!ways[i].quiet)
            report_usage();
        ways[i].run();
        return 0;
    }
    (void)fprintf(stderr, "usage: fake-agent WAY\n");
    return 2;
}
