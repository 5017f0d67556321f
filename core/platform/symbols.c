/* The dynamic symbols of an ELF file. */
#include "platform/symbols.h"

#include <elf.h>
#include <link.h>
#include <string.h>

typedef ElfW(Ehdr) file_header;
typedef ElfW(Shdr) section_header;
typedef ElfW(Sym) symbol;

static bool within(orx_view file, uint64_t at, uint64_t len) {
    return at <= file.len && len <= file.len - at;
}

static int broken(orx_err *err, const char *what) {
    return orx_err_set(err, ORX_E_INVALID, "%s; expected a complete ELF shared object", what);
}

/* The section headers are read by copy: nothing says that they are aligned. */
static bool section_at(orx_view file, const file_header *head, uint64_t i, section_header *ret) {
    uint64_t at = head->e_shoff + i * sizeof *ret;
    if (i >= head->e_shnum || head->e_shoff > file.len || !within(file, at, sizeof *ret))
        return false;
    memcpy(ret, file.p + at, sizeof *ret);
    return ret->sh_type == SHT_NOBITS || within(file, ret->sh_offset, ret->sh_size);
}

static bool is_public(const symbol *s) {
    int bind = s->st_info >> 4, hidden = s->st_other & 3;
    return (bind == STB_GLOBAL || bind == STB_WEAK) && hidden != STV_HIDDEN &&
           hidden != STV_INTERNAL;
}

static int walk(orx_view file, const section_header *table, const section_header *names,
                orx_symbol_fn fn, void *user, orx_err *err) {
    const char *text = file.p + names->sh_offset;
    if (names->sh_size == 0 || text[names->sh_size - 1] != '\0')
        return broken(err, "the names of its symbols have no end");
    for (uint64_t i = 1; i < table->sh_size / sizeof(symbol); i++) {
        symbol s;
        memcpy(&s, file.p + table->sh_offset + i * sizeof s, sizeof s);
        if (s.st_name >= names->sh_size)
            return broken(err, "the name of a symbol lies outside the file");
        if (is_public(&s))
            fn(user, text + s.st_name, s.st_shndx != SHN_UNDEF);
    }
    return 0;
}

int orx_symbols_each(orx_view file, orx_symbol_fn fn, void *user, orx_err *err) {
    file_header head;
    if (file.len < sizeof head || memcmp(file.p, ELFMAG, SELFMAG) != 0)
        return broken(err, "the file does not begin like one");
    memcpy(&head, file.p, sizeof head);
    if (head.e_shentsize != sizeof(section_header))
        return broken(err, "its sections have another size");
    if (!within(file, head.e_shoff, (uint64_t)head.e_shnum * sizeof(section_header)))
        return broken(err, "it is cut short");
    for (uint64_t i = 0; i < head.e_shnum; i++) {
        section_header table, names;
        if (!section_at(file, &head, i, &table))
            return broken(err, "a section lies outside the file");
        if (table.sh_type != SHT_DYNSYM)
            continue;
        if (!section_at(file, &head, table.sh_link, &names) || names.sh_type != SHT_STRTAB)
            return broken(err, "its symbols have no names");
        return walk(file, &table, &names, fn, user, err);
    }
    return broken(err, "it has no dynamic symbols");
}
