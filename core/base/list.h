/* list.h: intrusive doubly linked lists.
 *
 * The link lives inside the element, so adding and removing allocate nothing and an element can be
 * in several lists at once (one link each). The head is a link too; an empty list points to itself.
 *
 *     struct job { orx_list link; ... };
 *     orx_list jobs; orx_list_init(&jobs);
 *     orx_list_append(&jobs, &j->link);
 *     ORX_LIST_EACH(&jobs, it) { struct job *j = ORX_LIST_ITEM(it, struct job, link); ... }
 *
 * ORX_LIST_EACH tolerates removal of the current element. Threads: one owner at a time.
 */
#ifndef ORX_BASE_LIST_H
#define ORX_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct orx_list {
    struct orx_list *next;
    struct orx_list *prev;
} orx_list;

#define ORX_LIST_ITEM(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* NOLINTBEGIN(bugprone-macro-parentheses): `it` is a name that the loop declares */
#define ORX_LIST_EACH(head, it)                                                                    \
    for (orx_list *it = (head)->next, *it##_next = it->next; it != (head);                         \
         it = it##_next, it##_next = it->next)
/* NOLINTEND(bugprone-macro-parentheses) */

static inline void orx_list_init(orx_list *head) {
    head->next = head->prev = head;
}

static inline bool orx_list_empty(const orx_list *head) {
    return head->next == head;
}

/* Puts link at the end. */
static inline void orx_list_append(orx_list *head, orx_list *link) {
    link->next = head;
    link->prev = head->prev;
    head->prev->next = link;
    head->prev = link;
}

/* Takes link out of whatever list it is in; a link that is in none (zeroed or already removed)
 * stays as it is. */
static inline void orx_list_remove(orx_list *link) {
    if (!link->next)
        return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = link->prev = NULL;
}

#endif
