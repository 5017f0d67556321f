/* What a power loss leaves: synced bytes and names always, unsynced ones in every way that a disk
 * may choose, and never anything else. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 300 };

#define SECTOR ((size_t)512)

/* Bits of what was seen over many seeds. */
enum { SAW_OLD = 1, SAW_NEW = 2, SAW_TORN = 4, SAW_NONE = 8, SAW_ALL = 16 };

static void synced_bytes_are_never_lost(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        world w = world_new(seed);
        orx_err err = ORX_ERR_INIT;
        orx_file *f = open_file(w.p, "/f", RW);
        write_at(w.p, f, 0, "durable");
        assert_ok(orx_file_sync(w.p, f, &err), &err);
        assert_ok(orx_sync_dir(w.p, "/", &err), &err);
        orx_file_close(w.p, f);
        orx_sim_crash_host(w.host, true);
        assert_file(w.p, "/f", "durable");
        orx_sim_free(w.sim);
    }
}

/* A file written durably into directories that were made for it. */
static void a_new_directory_stays_under_its_name(void **state) {
    (void)state;
    int lost = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        world w = world_new(seed);
        orx_err err = ORX_ERR_INIT;
        assert_ok(orx_mkdirs(w.p, "/new/in/it", true, &err), &err);
        assert_ok(orx_mkdirs_unsynced(w.p, "/other/in/it", true, &err), &err);
        put(w.p, "/new/in/it/f", "durable");
        put(w.p, "/other/in/it/f", "durable");
        orx_sim_crash_host(w.host, true);
        assert_file(w.p, "/new/in/it/f", "durable");
        lost += !orx_exists(w.p, "/other/in/it/f");
        orx_sim_free(w.sim);
    }
    assert_true(lost > 0);
}

static int unsynced_overwrite(uint64_t seed) {
    world w = world_new(seed);
    char *old = orx_xmalloc(2049);
    char *new = orx_xmalloc(2049);
    memset(old, 'o', 2048);
    memset(new, 'n', 2048);
    old[2048] = new[2048] = '\0';
    put(w.p, "/f", old);
    orx_file *f = open_file(w.p, "/f", RW);
    write_at(w.p, f, 0, new);
    orx_file_close(w.p, f);
    orx_sim_crash_host(w.host, true);
    char *left = get(w.p, "/f");
    assert_int_equal(strlen(left), 2048);
    int saw = SAW_TORN;
    /* A sector is old or new as a whole. */
    for (int i = 0; i < 2048; i++)
        assert_true(left[i] == (i % 512 ? left[i - 1] : 'o') || (i % 512 == 0 && left[i] == 'n'));
    if (strcmp(left, old) == 0)
        saw = SAW_OLD;
    if (strcmp(left, new) == 0)
        saw = SAW_NEW;
    free(left);
    free(old);
    free(new);
    orx_sim_free(w.sim);
    return saw;
}

static void an_unsynced_overwrite_is_kept_dropped_or_torn(void **state) {
    (void)state;
    int saw = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        saw |= unsynced_overwrite(seed);
    assert_int_equal(saw, SAW_OLD | SAW_NEW | SAW_TORN);
}

/* Three unsynced appends of one sector each: every subset may be left, and what is missing in the
 * middle reads as zeros. */
static void unsynced_appends_are_independent(void **state) {
    (void)state;
    unsigned seen = 0;
    for (uint64_t seed = 0; seed < (uint64_t)2 * SEEDS; seed++) {
        world w = world_new(seed);
        put(w.p, "/f", "");
        orx_file *f = open_file(w.p, "/f", ORX_OPEN_WRITE | ORX_OPEN_APPEND);
        char sector[513];
        for (int i = 0; i < 3; i++) {
            memset(sector, 'a' + i, 512);
            sector[512] = '\0';
            write_at(w.p, f, 0, sector);
        }
        orx_file_close(w.p, f);
        orx_sim_crash_host(w.host, true);
        orx_str left = {0};
        assert_int_equal(orx_read_file(w.p, "/f", 1 << 20, &left, NULL), 0);
        assert_true(left.len <= 1536);
        unsigned subset = 0;
        for (size_t i = 0; i < left.len; i++) {
            char want = (char)('a' + i / 512);
            assert_true(left.buf[i] == want || left.buf[i] == 0);
            if (left.buf[i] == want)
                subset |= 1u << (i / 512);
        }
        seen |= 1u << subset;
        orx_str_free(&left);
        orx_sim_free(w.sim);
    }
    assert_int_equal(seen, 0xff);
}

/* A random history of writes, cuts and syncs of one file: after the crash every sector must be one
 * that was written there since the last sync, or what was there at the last sync. */
static void a_random_history_leaves_only_what_was_written(void **state) {
    (void)state;
    enum { SECTORS = 24, SIZE = SECTORS * 512 };
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        world w = world_new(seed);
        bool possible[SECTORS][256] = {{false}};
        put(w.p, "/f", "");
        orx_file *f = open_file(w.p, "/f", RW);
        char buf[SIZE];
        for (int i = 0; i < SECTORS; i++)
            possible[i][0] = true;
        for (int op = 1; op < 60; op++) {
            if (orx_sim_draw(w.sim, 12) == 0) {
                assert_int_equal(orx_file_sync(w.p, f, NULL), 0);
                memset(buf, 0, sizeof buf);
                (void)orx_file_read(w.p, f, 0, buf, sizeof buf, NULL);
                for (size_t i = 0; i < SECTORS; i++) {
                    memset(possible[i], 0, sizeof possible[i]);
                    possible[i][(unsigned char)buf[i * SECTOR]] = true;
                }
            } else if (orx_sim_draw(w.sim, 10) == 0) {
                size_t cut = (size_t)orx_sim_draw(w.sim, SECTORS);
                assert_int_equal(orx_file_truncate(w.p, f, (int64_t)cut * 512, NULL), 0);
                for (size_t i = cut; i < SECTORS; i++)
                    possible[i][0] = true;
            } else {
                size_t at = (size_t)orx_sim_draw(w.sim, SECTORS);
                size_t n = 1 + (size_t)orx_sim_draw(w.sim, SECTORS - at);
                memset(buf, op, n * 512);
                assert_int_equal(orx_file_write(w.p, f, (int64_t)at * 512, buf, n * 512, NULL), 0);
                for (size_t i = 0; i < at + n; i++)
                    possible[i][i < at ? 0 : op] = true; /* a gap before it reads as zeros */
            }
        }
        orx_file_close(w.p, f);
        orx_sim_crash_host(w.host, true);
        f = open_file(w.p, "/f", ORX_OPEN_READ);
        memset(buf, 0, sizeof buf);
        (void)orx_file_read(w.p, f, 0, buf, sizeof buf, NULL);
        for (size_t i = 0; i < SIZE; i++) {
            if (!possible[i / SECTOR][(unsigned char)buf[i]])
                fail_msg("seed %d: byte %zu is %d, which nobody wrote there", (int)seed, i, buf[i]);
            assert_int_equal(buf[i], buf[i / SECTOR * SECTOR]);
        }
        orx_file_close(w.p, f);
        orx_sim_free(w.sim);
    }
}

static void a_name_needs_its_directory_synced(void **state) {
    (void)state;
    int saw = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        world w = world_new(seed);
        orx_err err = ORX_ERR_INIT;
        orx_file *f = open_file(w.p, "/f", RW);
        write_at(w.p, f, 0, "text");
        assert_ok(orx_file_sync(w.p, f, &err), &err);
        orx_file_close(w.p, f);
        orx_sim_crash_host(w.host, true);
        char *left = get(w.p, "/f");
        saw |= left ? SAW_NEW : SAW_NONE;
        if (left)
            assert_string_equal(left, "text");
        free(left);
        orx_sim_free(w.sim);
    }
    assert_int_equal(saw, SAW_NEW | SAW_NONE);
}

/* The classic mistake: rename without sync may leave the new name on an empty or short file. */
static void a_rename_does_not_sync_the_content(void **state) {
    (void)state;
    int saw = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        world w = world_new(seed);
        put(w.p, "/f", "old");
        assert_int_equal(orx_write_replace(w.p, "/f", orx_view_of("new"), 0644, NULL), 0);
        orx_sim_crash_host(w.host, true);
        char *left = get(w.p, "/f");
        assert_non_null(left);
        if (strcmp(left, "old") == 0)
            saw |= SAW_OLD;
        else if (strcmp(left, "new") == 0)
            saw |= SAW_NEW;
        else
            saw |= SAW_TORN;
        free(left);
        orx_sim_free(w.sim);
    }
    assert_int_equal(saw, SAW_OLD | SAW_NEW | SAW_TORN);
}

static void an_unsynced_removal_may_come_back(void **state) {
    (void)state;
    int saw = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        world w = world_new(seed);
        put(w.p, "/f", "text");
        assert_int_equal(orx_unlink(w.p, "/f", NULL), 0);
        orx_sim_crash_host(w.host, true);
        char *left = get(w.p, "/f");
        saw |= left ? SAW_OLD : SAW_NONE;
        if (left)
            assert_string_equal(left, "text");
        free(left);
        orx_sim_free(w.sim);
    }
    assert_int_equal(saw, SAW_OLD | SAW_NONE);
}

/* Files 0 .. 9 are made in order in one directory: what is left is a prefix. */
static void a_directory_keeps_a_prefix(void **state) {
    (void)state;
    unsigned lengths = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        world w = world_new(seed);
        char path[16];
        for (int i = 0; i < 10; i++) {
            (void)snprintf(path, sizeof path, "/f%d", i);
            orx_file_close(w.p, open_file(w.p, path, RW));
        }
        orx_sim_crash_host(w.host, true);
        int n = 0;
        for (int i = 0; i < 10; i++) {
            (void)snprintf(path, sizeof path, "/f%d", i);
            if (orx_exists(w.p, path))
                assert_int_equal(n++, i);
        }
        lengths |= 1u << n;
        orx_sim_free(w.sim);
    }
    assert_int_equal(lengths, (1u << 11) - 1);
}

/* Two directories are lost independently, but a rename between them happened in both or neither. */
static void directories_are_independent_but_moves_are_whole(void **state) {
    (void)state;
    int outcomes = 0;
    int moved = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        world w = world_new(seed);
        orx_err err = ORX_ERR_INIT;
        assert_ok(orx_mkdirs(w.p, "/a", false, &err), &err);
        assert_ok(orx_mkdirs(w.p, "/b", false, &err), &err);
        put(w.p, "/a/moves", "text");
        orx_sim_settle(w.host);
        put(w.p, "/x", "");
        orx_sim_settle(w.host);
        orx_file_close(w.p, open_file(w.p, "/a/new", RW));
        orx_file_close(w.p, open_file(w.p, "/b/new", RW));
        assert_ok(orx_rename(w.p, "/a/moves", "/b/moves", &err), &err);
        orx_file_close(w.p, open_file(w.p, "/a/later", RW));
        orx_sim_crash_host(w.host, true);
        bool in_a = orx_exists(w.p, "/a/moves");
        bool in_b = orx_exists(w.p, "/b/moves");
        assert_true(in_a != in_b);
        assert_file(w.p, in_a ? "/a/moves" : "/b/moves", "text");
        if (in_b) {
            /* What came before it in either directory came along. */
            assert_true(orx_exists(w.p, "/a/new"));
            assert_true(orx_exists(w.p, "/b/new"));
        } else
            assert_false(orx_exists(w.p, "/a/later"));
        outcomes |= 1 << (orx_exists(w.p, "/a/new") * 2 + orx_exists(w.p, "/b/new"));
        moved |= in_b ? SAW_NEW : SAW_OLD;
        orx_sim_free(w.sim);
    }
    assert_int_equal(outcomes, 0xf);
    assert_int_equal(moved, SAW_NEW | SAW_OLD);
}

static void syncing_one_directory_takes_a_move_and_its_past_along(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        world w = world_new(seed);
        orx_err err = ORX_ERR_INIT;
        assert_ok(orx_mkdirs(w.p, "/a", false, &err), &err);
        assert_ok(orx_mkdirs(w.p, "/b", false, &err), &err);
        orx_sim_settle(w.host);
        orx_file_close(w.p, open_file(w.p, "/a/before", RW));
        orx_file_close(w.p, open_file(w.p, "/a/moves", RW));
        assert_ok(orx_rename(w.p, "/a/moves", "/b/moves", &err), &err);
        assert_ok(orx_sync_dir(w.p, "/b", &err), &err);
        orx_sim_crash_host(w.host, true);
        assert_true(orx_exists(w.p, "/b/moves"));
        assert_false(orx_exists(w.p, "/a/moves"));
        assert_true(orx_exists(w.p, "/a/before"));
        orx_sim_free(w.sim);
    }
}

/* Random histories of names in a small tree, some of it synced: afterwards the tree can be walked,
 * every file has the content it was made with, and what was settled and never touched again is
 * there. */
static void random_names_leave_a_sound_tree(void **state) {
    (void)state;
    static const char *const dirs[] = {"/", "/a/", "/b/", "/a/x/", "/b/y/"};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        world w = world_new(seed);
        assert_int_equal(orx_mkdirs(w.p, "/a/x", false, NULL), 0);
        assert_int_equal(orx_mkdirs(w.p, "/b/y", false, NULL), 0);
        put(w.p, "/a/x/constant", "constant");
        orx_sim_settle(w.host);
        for (int i = 0; i < 80; i++) {
            char from[32];
            char to[32];
            (void)snprintf(from, sizeof from, "%sn%d", dirs[orx_sim_draw(w.sim, 5)],
                           (int)orx_sim_draw(w.sim, 4));
            (void)snprintf(to, sizeof to, "%sn%d", dirs[orx_sim_draw(w.sim, 5)],
                           (int)orx_sim_draw(w.sim, 4));
            switch (orx_sim_draw(w.sim, 7)) {
            case 0:
                (void)orx_write_new(w.p, from, orx_view_of("content"), 0644, NULL);
                break;
            case 1:
                (void)orx_unlink(w.p, from, NULL);
                break;
            case 2:
                (void)w.p->files->mkdir(w.p, from, 0755, NULL);
                break;
            case 3:
                (void)w.p->files->rmdir(w.p, from, NULL);
                break;
            case 4:
                (void)orx_sync_dir(w.p, dirs[orx_sim_draw(w.sim, 5)], NULL);
                break;
            default:
                (void)orx_rename(w.p, from, to, NULL);
                break;
            }
        }
        orx_sim_crash_host(w.host, true);
        assert_file(w.p, "/a/x/constant", "constant");
        for (size_t d = 0; d < ORX_ARRAY_LEN(dirs); d++)
            for (int n = 0; n < 4; n++) {
                char path[32];
                orx_file_info info;
                (void)snprintf(path, sizeof path, "%sn%d", dirs[d], n);
                if (orx_lstat(w.p, path, &info, NULL) == 0 && info.kind == ORX_FILE_REGULAR)
                    assert_file(w.p, path, "content");
            }
        assert_int_equal(orx_remove_tree(w.p, "/a", NULL), 0);
        assert_int_equal(orx_remove_tree(w.p, "/b", NULL), 0);
        orx_sim_free(w.sim);
    }
}

/* Moves of directories into each other, some lost: whatever is unreachable afterwards must not be
 * leaked (seen by the leak checker) nor reached. */
static void lost_moves_of_directories_do_no_harm(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        world w = world_new(seed);
        assert_int_equal(orx_mkdirs(w.p, "/p/x", false, NULL), 0);
        assert_int_equal(orx_mkdirs(w.p, "/q", false, NULL), 0);
        orx_sim_settle(w.host);
        assert_int_equal(orx_rename(w.p, "/p/x", "/q/x", NULL), 0);
        assert_int_equal(orx_rename(w.p, "/p", "/q/x/p", NULL), 0);
        orx_sim_crash_host(w.host, true);
        orx_str real = {0};
        assert_int_equal(orx_realpath(w.p, "/q", &real, NULL), 0);
        orx_str_free(&real);
        orx_sim_free(w.sim);
    }
}

static void a_kill_loses_nothing(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        world w = world_new(seed);
        orx_file *f = open_file(w.p, "/f", RW);
        write_at(w.p, f, 0, "unsynced");
        orx_file_close(w.p, f);
        orx_sim_crash_host(w.host, false);
        assert_file(w.p, "/f", "unsynced");
        /* It is still unsynced, though: the next power loss may take it. */
        orx_sim_settle(w.host);
        orx_sim_crash_host(w.host, true);
        assert_file(w.p, "/f", "unsynced");
        orx_sim_free(w.sim);
    }
}

static void disk_space_is_counted_through_a_crash(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        world w = world_new(seed);
        char page[4097];
        memset(page, 'p', 4096);
        page[4096] = '\0';
        put(w.p, "/f", page);
        orx_file *f = open_file(w.p, "/f", ORX_OPEN_WRITE | ORX_OPEN_APPEND);
        for (int i = 0; i < 10; i++)
            write_at(w.p, f, 0, page);
        assert_int_equal(orx_sim_used_bytes(w.host), 11 * 4096);
        orx_file_close(w.p, f);
        orx_sim_crash_host(w.host, true);
        assert_in_range(orx_sim_used_bytes(w.host), 4096, 11 * 4096);
        assert_int_equal(orx_remove_tree(w.p, "/f", NULL), 0);
        orx_sim_settle(w.host);
        assert_int_equal(orx_sim_used_bytes(w.host), 0);
        orx_sim_free(w.sim);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synced_bytes_are_never_lost),
        cmocka_unit_test(an_unsynced_overwrite_is_kept_dropped_or_torn),
        cmocka_unit_test(unsynced_appends_are_independent),
        cmocka_unit_test(a_random_history_leaves_only_what_was_written),
        cmocka_unit_test(a_name_needs_its_directory_synced),
        cmocka_unit_test(a_rename_does_not_sync_the_content),
        cmocka_unit_test(an_unsynced_removal_may_come_back),
        cmocka_unit_test(a_directory_keeps_a_prefix),
        cmocka_unit_test(directories_are_independent_but_moves_are_whole),
        cmocka_unit_test(syncing_one_directory_takes_a_move_and_its_past_along),
        cmocka_unit_test(random_names_leave_a_sound_tree),
        cmocka_unit_test(lost_moves_of_directories_do_no_harm),
        cmocka_unit_test(a_new_directory_stays_under_its_name),
        cmocka_unit_test(a_kill_loses_nothing),
        cmocka_unit_test(disk_space_is_counted_through_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
