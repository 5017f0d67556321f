#include "platform/uv/elf.h"

#include <elf.h>
#include <link.h>

/* Our own ELF header, placed by the linker: what a module must match. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

#ifndef DF_1_PIE
#define DF_1_PIE 0x08000000
#endif

enum { PHDRS_MAX = 256, DYNAMIC_MAX = 4096, DYNAMIC_BLOCK = 64 };

/* A module under examination. */
typedef struct module_file {
    orx_platform *p;
    orx_file *f;
    const char *path;
    uint64_t size;
    ElfW(Ehdr) head;
    ElfW(Phdr) phdrs[PHDRS_MAX];
} module_file;

static const char *machine_name(unsigned machine) {
    switch (machine) {
    case EM_386:
        return "x86 (32 bit)";
    case EM_X86_64:
        return "x86-64";
    case EM_ARM:
        return "ARM (32 bit)";
    case EM_AARCH64:
        return "ARM64";
    case EM_RISCV:
        return "RISC-V";
    case EM_PPC64:
        return "POWER";
    case EM_S390:
        return "S/390";
    default:
        return "another machine";
    }
}

static int cut_short(const module_file *m, orx_err *err) {
    return orx_err_set(err, ORX_E_INVALID,
                       "%s is cut short: its headers point beyond its %llu bytes; copy or build it "
                       "again",
                       m->path, (unsigned long long)m->size);
}

/* Whether [offset, offset + len) lies within the file. */
static bool inside(const module_file *m, uint64_t offset, uint64_t len) {
    return offset <= m->size && len <= m->size - offset;
}

static int read_at(module_file *m, uint64_t offset, void *to, size_t len, orx_err *err) {
    if (!inside(m, offset, len))
        return cut_short(m, err);
    int64_t n = orx_file_read(m->p, m->f, (int64_t)offset, to, len, err);
    if (n < 0)
        return (int)n;
    return (size_t)n == len ? 0 : cut_short(m, err);
}

static bool is_text(const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == 0x7f ||
            (bytes[i] < 0x20 && bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != '\t'))
            return false;
    return n > 0;
}

static int check_magic(module_file *m, orx_err *err) {
    unsigned char ident[EI_NIDENT] = {0};
    size_t n = m->size < sizeof ident ? (size_t)m->size : sizeof ident;
    if (n == 0)
        return orx_err_set(err, ORX_E_INVALID, "%s is empty, expected a shared object", m->path);
    int rc = read_at(m, 0, ident, n, err);
    if (rc < 0)
        return rc;
    if (n < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0)
        return orx_err_set(err, ORX_E_INVALID, "%s is %s, expected a shared object (ELF)", m->path,
                           is_text(ident, n) ? "a text file" : "no ELF file");
    return 0;
}

static int check_head(module_file *m, orx_err *err) {
    const ElfW(Ehdr) *ours = &__ehdr_start;
    /* Class and byte order decide how the rest is read, so they come before a full header. */
    unsigned char ident[EI_NIDENT] = {0};
    int rc = read_at(m, 0, ident, sizeof ident, err);
    if (rc < 0)
        return rc;
    if (ident[EI_CLASS] != ours->e_ident[EI_CLASS] || ident[EI_DATA] != ours->e_ident[EI_DATA])
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "%s is built for a machine of another word size or byte order; this one "
                           "is %s",
                           m->path, machine_name(ours->e_machine));
    rc = read_at(m, 0, &m->head, sizeof m->head, err);
    if (rc < 0)
        return rc;
    if (m->head.e_machine != ours->e_machine)
        return orx_err_set(err, ORX_E_UNSUPPORTED, "%s is built for %s, this machine is %s",
                           m->path, machine_name(m->head.e_machine), machine_name(ours->e_machine));
    if (m->head.e_type != ET_DYN)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s is an object file or program, expected a shared object (link it "
                           "with -shared)",
                           m->path);
    return 0;
}

static int check_segments(module_file *m, orx_err *err) {
    const ElfW(Ehdr) *h = &m->head;
    if (h->e_phentsize != sizeof(ElfW(Phdr)) || h->e_phnum == 0 || h->e_phnum > PHDRS_MAX)
        return orx_err_set(err, ORX_E_INVALID, "%s has no usable program headers", m->path);
    int rc = read_at(m, h->e_phoff, m->phdrs, h->e_phnum * sizeof(ElfW(Phdr)), err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < h->e_phnum; i++)
        if (m->phdrs[i].p_type == PT_LOAD && !inside(m, m->phdrs[i].p_offset, m->phdrs[i].p_filesz))
            return cut_short(m, err);
    /* The loader does not need the section headers, but they are the file's end: when they are
     * missing, the copy was not complete. */
    if (h->e_shoff && !inside(m, h->e_shoff, (uint64_t)h->e_shnum * h->e_shentsize))
        return cut_short(m, err);
    return 0;
}

typedef struct dynamic_flags {
    bool now;
    bool program;
} dynamic_flags;

/* true when the entry ends the section. */
static bool take_entry(const ElfW(Dyn) * d, dynamic_flags *ret) {
    if (d->d_tag == DT_BIND_NOW || (d->d_tag == DT_FLAGS && (d->d_un.d_val & DF_BIND_NOW)) ||
        (d->d_tag == DT_FLAGS_1 && (d->d_un.d_val & DF_1_NOW)))
        ret->now = true;
    if (d->d_tag == DT_FLAGS_1 && (d->d_un.d_val & DF_1_PIE))
        ret->program = true;
    return d->d_tag == DT_NULL;
}

static int read_dynamic(module_file *m, const ElfW(Phdr) * seg, dynamic_flags *ret, orx_err *err) {
    uint64_t count = seg->p_filesz / sizeof(ElfW(Dyn));
    if (count > DYNAMIC_MAX)
        count = DYNAMIC_MAX;
    for (uint64_t at = 0; at < count; at += DYNAMIC_BLOCK) {
        ElfW(Dyn) block[DYNAMIC_BLOCK] = {{0}};
        size_t n = count - at < DYNAMIC_BLOCK ? (size_t)(count - at) : DYNAMIC_BLOCK;
        int rc = read_at(m, seg->p_offset + at * sizeof *block, block, n * sizeof *block, err);
        if (rc < 0)
            return rc;
        for (size_t i = 0; i < n; i++)
            if (take_entry(&block[i], ret))
                return 0;
    }
    return 0;
}

static int check_dynamic(module_file *m, orx_err *err) {
    const ElfW(Phdr) *seg = NULL;
    for (size_t i = 0; i < m->head.e_phnum; i++)
        if (m->phdrs[i].p_type == PT_DYNAMIC)
            seg = &m->phdrs[i];
    if (!seg)
        return orx_err_set(err, ORX_E_INVALID,
                           "%s has no dynamic section, expected a shared object", m->path);
    dynamic_flags flags = {false, false};
    int rc = read_dynamic(m, seg, &flags, err);
    if (rc < 0)
        return rc;
    if (flags.program)
        return orx_err_set(err, ORX_E_UNSUPPORTED, "%s is a program, expected a shared object",
                           m->path);
    if (!flags.now)
        return orx_err_set(err, ORX_E_UNSUPPORTED,
                           "%s is linked to look up functions when they are first called; link it "
                           "with -Wl,-z,now so that a missing one is found at load time",
                           m->path);
    return 0;
}

static int check_all(module_file *m, orx_err *err) {
    orx_file_info info;
    int rc = orx_file_info_of(m->p, m->f, &info, err);
    if (rc < 0)
        return rc;
    if (info.kind != ORX_FILE_REGULAR)
        return orx_err_set(err, ORX_E_INVALID, "%s is a %s, expected a shared object", m->path,
                           info.kind == ORX_FILE_DIRECTORY ? "directory" : "FIFO or device");
    m->size = (uint64_t)info.size;
    rc = check_magic(m, err);
    if (rc >= 0)
        rc = check_head(m, err);
    if (rc >= 0)
        rc = check_segments(m, err);
    return rc < 0 ? rc : check_dynamic(m, err);
}

int orx_uv_elf_check(orx_platform *p, const char *path, orx_err *err) {
    module_file m = {.p = p, .path = path};
    int rc = orx_file_open(p, path, ORX_OPEN_READ, 0, &m.f, err);
    if (rc < 0)
        return rc;
    rc = check_all(&m, err);
    orx_file_close(p, m.f);
    return rc;
}
