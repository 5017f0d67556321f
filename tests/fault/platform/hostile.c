/* hostile: an agent program at its worst. Each mode is a way in which real agents, their tools or
 * somebody who means harm leave processes behind, hold descriptors, flood or fall silent.
 *
 * usage: hostile MODE [ARGS]; "ready" goes to stdout where a test has to wait for the misbehaviour
 * to be in place. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BOMB_MAX 200

static void say(const char *text) {
    (void)!write(STDOUT_FILENO, text, strlen(text));
}

static void nap(long ms) {
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
        ;
}

_Noreturn static void sleep_for_ever(void) {
    for (;;)
        nap(100000);
}

static void ignore_polite_signals(void) {
    static const int polite[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof polite / sizeof polite[0]; i++)
        (void)signal(polite[i], SIG_IGN);
}

static int arg_number(char **argv, int i) {
    return argv[i] ? (int)strtol(argv[i], NULL, 10) : 0;
}

/* ---- Silence and noise ---------------------------------------------------------------------- */

static int hang(char **argv) {
    (void)argv;
    say("ready");
    sleep_for_ever();
}

static int silent(char **argv) {
    (void)argv;
    sleep_for_ever();
}

static int spin(char **argv) {
    (void)argv;
    say("ready");
    volatile uint64_t i = 0;
    while (i != UINT64_MAX)
        i++;
    return 0;
}

/* big-output MIB: that much, as fast as it goes. */
static int big_output(char **argv) {
    static char block[1 << 16];
    memset(block, 'x', sizeof block);
    for (int64_t left = (int64_t)arg_number(argv, 2) << 20; left > 0;) {
        ssize_t n = write(STDOUT_FILENO, block, sizeof block);
        if (n < 0)
            return 1;
        left -= n;
    }
    return 0;
}

static int no_newline(char **argv) {
    (void)argv;
    say("no newline at the end");
    return 0;
}

/* drip COUNT MS: a byte every MS milliseconds. */
static int drip(char **argv) {
    for (int i = 0; i < arg_number(argv, 2); i++) {
        say(".");
        nap(arg_number(argv, 3));
    }
    return 0;
}

static int binary(char **argv) {
    (void)argv;
    unsigned char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (unsigned char)i;
    (void)!write(STDOUT_FILENO, all, sizeof all);
    (void)!write(STDERR_FILENO, all + 128, 128);
    return 0;
}

static int invalid_utf8(char **argv) {
    (void)argv;
    say("ok \xC3\x28 \xED\xA0\x80 \xFF end");
    return 0;
}

static int both_streams(char **argv) {
    (void)argv;
    (void)!write(STDOUT_FILENO, "to stdout", 9);
    (void)!write(STDERR_FILENO, "to stderr", 9);
    return 0;
}

/* ---- Ends ----------------------------------------------------------------------------------- */

static int exit_code(char **argv) {
    return arg_number(argv, 2);
}

static int segv(char **argv) {
    (void)argv;
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(SIGSEGV, SIG_DFL);
    (void)raise(SIGSEGV);
    return 0;
}

static int stop_self(char **argv) {
    (void)argv;
    say("ready");
    (void)raise(SIGSTOP);
    sleep_for_ever();
}

static int ignore_term(char **argv) {
    (void)argv;
    ignore_polite_signals();
    say("ready");
    sleep_for_ever();
}

static void on_term(int signum) {
    (void)signum;
    say("cleaned up");
    _exit(7);
}

/* Takes the first signal well, as good agents do. */
static int polite(char **argv) {
    (void)argv;
    (void)signal(SIGTERM, on_term);
    (void)signal(SIGINT, on_term);
    say("ready");
    sleep_for_ever();
}

/* ---- Families ------------------------------------------------------------------------------- */

/* forkbomb TOTAL READY_AT: children fork children until TOTAL (at most BOMB_MAX) were made in all;
 * none of them goes by itself. Says "ready" when READY_AT exist. */
static int forkbomb(char **argv) {
    int *count =
        mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int total = arg_number(argv, 2) < BOMB_MAX ? arg_number(argv, 2) : BOMB_MAX;
    if (count == MAP_FAILED)
        return 1;
    ignore_polite_signals();
    for (;;) {
        int n = __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
        if (n > total)
            break;
        if (n == arg_number(argv, 3))
            say("ready");
        (void)!fork();
        nap(1);
    }
    sleep_for_ever();
}

/* A comet: each process forks its successor and ends, so the pid is never the same. Ends by itself
 * after `argv[2]` generations so that a failing test cannot eat the machine. */
static int comet(char **argv) {
    ignore_polite_signals();
    say("ready");
    for (int i = 0; i < arg_number(argv, 2); i++)
        if (fork() > 0)
            _exit(0);
    return 0;
}

/* daemon [hold]: double fork and setsid, as daemons do; the program itself then ends. */
static int daemonize(char **argv) {
    if (fork() == 0) {
        (void)setsid();
        if (fork() == 0) {
            (void)!chdir("/");
            ignore_polite_signals();
            int null = open("/dev/null", O_RDWR);
            if (!argv[2])
                for (int fd = 0; fd <= 2; fd++)
                    (void)dup2(null, fd);
            sleep_for_ever();
        }
        _exit(0);
    }
    say("main done");
    return 0;
}

/* Daemons, stopped processes and ignorers below a program that stays. */
static int family(char **argv) {
    (void)argv;
    for (int i = 0; i < 6; i++) {
        if (fork() == 0) {
            if (i & 1)
                (void)setsid();
            if (i & 2)
                ignore_polite_signals();
            if (fork() == 0 && i >= 4)
                (void)raise(SIGSTOP);
            sleep_for_ever();
        }
    }
    nap(50);
    say("ready");
    sleep_for_ever();
}

static int grandchild_keeps_stdout(char **argv) {
    if (fork() == 0) {
        if (argv[2])
            ignore_polite_signals();
        sleep_for_ever();
    }
    say("result");
    return 0;
}

/* Its output ends, it does not: end of file must not be taken for the end of the program. */
static int close_stdout_live_on(char **argv) {
    (void)argv;
    say("last words");
    (void)close(STDOUT_FILENO);
    (void)close(STDERR_FILENO);
    sleep_for_ever();
}

/* A helper that would finish by itself a moment after the program. */
static int straggler(char **argv) {
    (void)argv;
    if (fork() == 0) {
        nap(20);
        say(" and straggler");
        _exit(0);
    }
    say("main");
    return 3;
}

/* Stops its supervisor and hangs. */
static int stop_supervisor(char **argv) {
    (void)argv;
    ignore_polite_signals();
    (void)kill(getppid(), SIGSTOP);
    say("ready");
    sleep_for_ever();
}

static int kill_supervisor(char **argv) {
    (void)argv;
    pid_t parent = getppid();
    say("ready");
    if (kill(parent, SIGKILL) != 0)
        say(" refused");
    sleep_for_ever();
}

/* ---- Surroundings --------------------------------------------------------------------------- */

/* Says of each path whether a byte of it can be read. */
static int read_byte(char **argv) {
    for (char **path = argv + 2; *path; path++) {
        char byte;
        int fd = open(*path, O_RDONLY);
        (void)printf("%s ", fd >= 0 && read(fd, &byte, 1) == 1 ? "readable" : "refused");
        (void)close(fd);
    }
    return 0;
}

static int read_stdin_echo(char **argv) {
    (void)argv;
    char buf[65536];
    ssize_t n;
    while ((n = read(STDIN_FILENO, buf, sizeof buf)) > 0)
        for (ssize_t at = 0; at < n;) {
            ssize_t w = write(STDOUT_FILENO, buf + at, (size_t)(n - at));
            if (w < 0)
                return 1;
            at += w;
        }
    return 0;
}

static int close_stdin(char **argv) {
    (void)close(STDIN_FILENO);
    nap(arg_number(argv, 2));
    say("ignored it");
    return 0;
}

static int close_stdin_ready(char **argv) {
    (void)argv;
    (void)close(STDIN_FILENO);
    say("ready");
    sleep_for_ever();
}

static int print_env(char **argv) {
    (void)argv;
    for (char **e = environ; *e; e++) {
        say(*e);
        say("\n");
    }
    return 0;
}

static int print_args(char **argv) {
    for (int i = 2; argv[i]; i++) {
        say(argv[i]);
        say("|");
    }
    return 0;
}

static int print_fds(char **argv) {
    (void)argv;
    DIR *d = opendir("/proc/self/fd");
    if (!d)
        return 1;
    const struct dirent *e;
    char line[64];
    while ((e = readdir(d))) {
        long fd = strtol(e->d_name, NULL, 10);
        if (e->d_name[0] == '.' || fd == dirfd(d))
            continue;
        (void)snprintf(line, sizeof line, "%ld ", fd);
        say(line);
    }
    (void)closedir(d);
    return 0;
}

/* Session, blocked and ignored signals, no_new_privs, umask, working directory. */
static int print_state(char **argv) {
    (void)argv;
    char text[4096];
    (void)snprintf(text, sizeof text, "session=%s\n", getsid(0) == getpid() ? "own" : "shared");
    say(text);
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(text, sizeof text, f))
        if (strncmp(text, "Sig", 3) == 0 || strncmp(text, "NoNew", 5) == 0 ||
            strncmp(text, "Umask", 5) == 0)
            say(text);
    if (f)
        (void)fclose(f);
    if (getcwd(text, sizeof text)) {
        say("cwd=");
        say(text);
        say("\n");
    }
    return 0;
}

static int print_limits(char **argv) {
    (void)argv;
    static const int which[] = {RLIMIT_FSIZE, RLIMIT_AS,     RLIMIT_CPU,
                                RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_DATA};
    char line[64];
    for (int i = 0; i < 6; i++) {
        struct rlimit rl = {0};
        (void)getrlimit((__rlimit_resource_t)which[i], &rl);
        (void)snprintf(line, sizeof line, "%llu ", (unsigned long long)rl.rlim_cur);
        say(line);
    }
    return 0;
}

/* write-file PATH...: says for each whether it could be changed. */
static int write_file(char **argv) {
    for (int i = 2; argv[i]; i++) {
        int fd = open(argv[i], O_WRONLY | O_CREAT, 0644);
        bool ok = fd >= 0 && write(fd, "x", 1) == 1;
        say(ok ? "written " : "refused ");
        if (fd >= 0)
            (void)close(fd);
    }
    return 0;
}

/* change ROOT: one attempt of each kind at something that exists below ROOT. */
static int change(char **argv) {
    char a[4096];
    char b[4096];
    const char *root = argv[2];
#define IN(buf, name) ((void)snprintf(buf, sizeof(buf), "%s/%s", root, name), (buf))
    say(truncate(IN(a, "file"), 0) == 0 ? "truncate " : "");
    say(rename(IN(a, "file"), IN(b, "renamed")) == 0 ? "rename " : "");
    say(link(IN(a, "file"), IN(b, "hard")) == 0 ? "link " : "");
    say(symlink("x", IN(a, "soft")) == 0 ? "symlink " : "");
    say(mkdir(IN(a, "made"), 0700) == 0 ? "mkdir " : "");
    say(mkfifo(IN(a, "fifo"), 0700) == 0 ? "mkfifo " : "");
    say(unlink(IN(a, "file")) == 0 ? "unlink " : "");
    say(rmdir(IN(a, "dir")) == 0 ? "rmdir " : "");
    int fd = open(IN(a, "file"), O_RDONLY);
    say(fd >= 0 ? "read" : "");
    return 0;
}

static const struct {
    const char *name;
    int (*run)(char **argv);
} modes[] = {
    {"hang", hang},
    {"silent", silent},
    {"spin", spin},
    {"big-output", big_output},
    {"no-newline", no_newline},
    {"drip", drip},
    {"binary", binary},
    {"invalid-utf8", invalid_utf8},
    {"both-streams", both_streams},
    {"exit", exit_code},
    {"segv", segv},
    {"stop-self", stop_self},
    {"ignore-term", ignore_term},
    {"polite", polite},
    {"forkbomb", forkbomb},
    {"comet", comet},
    {"daemon", daemonize},
    {"family", family},
    {"grandchild-keeps-stdout", grandchild_keeps_stdout},
    {"close-stdout-live-on", close_stdout_live_on},
    {"straggler", straggler},
    {"stop-supervisor", stop_supervisor},
    {"kill-supervisor", kill_supervisor},
    {"read-byte", read_byte},
    {"read-stdin-echo", read_stdin_echo},
    {"close-stdin", close_stdin},
    {"close-stdin-ready", close_stdin_ready},
    {"print-env", print_env},
    {"print-args", print_args},
    {"print-fds", print_fds},
    {"print-state", print_state},
    {"print-limits", print_limits},
    {"write-file", write_file},
    {"change", change},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(argv[1], modes[i].name) == 0)
            return modes[i].run(argv);
    (void)fprintf(stderr, "usage: hostile MODE [ARGS]\n");
    return 2;
}
