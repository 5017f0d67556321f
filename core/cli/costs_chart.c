#include "cli/costs_chart.h"

#include "base/units.h"

#define WIDTH  640
#define HEIGHT 240
#define LEFT   70
#define TOP    20
#define RIGHT  620
#define BOTTOM 200

void orx_chart_spark(const int64_t *values, size_t count, orx_str *out) {
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    int64_t most = 1;
    for (size_t i = 0; i < count; i++)
        most = values[i] > most ? values[i] : most;
    for (size_t i = 0; i < count; i++) {
        double part = (double)values[i] / (double)most * 7;
        orx_str_adds(out, values[i] > 0 ? blocks[(int)part] : " ");
    }
}

/* ---- SVG ------------------------------------------------------------------------------------- */

static int64_t sum_of(const orx_chart *c) {
    int64_t sum = 0;
    for (size_t i = 0; i < c->count; i++)
        if (__builtin_add_overflow(sum, c->spent[i], &sum))
            return INT64_MAX;
    return sum;
}

static double x_of(const orx_chart *c, size_t part) {
    return LEFT + (RIGHT - LEFT) * (double)part / (double)(c->parts ? c->parts : 1);
}

/* Below nothing is drawn at nothing. */
static double y_of(int64_t value, int64_t top) {
    double share = top > 0 ? (double)value / (double)top : 0;
    share = share < 0 ? 0 : share;
    return BOTTOM - (BOTTOM - TOP) * share;
}

static void add_line(const orx_chart *c, int64_t top, orx_str *out) {
    int64_t at = c->cap;
    orx_str_addf(out,
                 "<polyline fill=\"none\" stroke=\"#c33\" stroke-width=\"2\" points=\"%.1f,%.1f",
                 x_of(c, 0), y_of(at, top));
    for (size_t i = 0; i < c->count; i++) {
        at += c->cap ? -c->spent[i] : c->spent[i];
        orx_str_addf(out, " %.1f,%.1f", x_of(c, i + 1), y_of(at, top));
    }
    orx_str_adds(out, "\"/>\n");
}

static void add_text(orx_str *out, int x, int y, const char *anchor, const char *text) {
    orx_str_addf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, text);
}

static void add_labels(const orx_chart *c, int64_t top, int64_t spent, orx_str *out) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_money_format(top, &text);
    add_text(out, LEFT - 6, TOP + 4, "end", orx_str_cstr(&text));
    add_text(out, LEFT - 6, BOTTOM + 4, "end", "0");
    add_text(out, LEFT, BOTTOM + 20, "start", c->from);
    add_text(out, RIGHT, BOTTOM + 20, "end", c->to);
    orx_str_clear(&text);
    orx_money_format(spent, &text);
    if (c->cap) {
        orx_str_adds(&text, " of ");
        orx_money_format(c->cap, &text);
    }
    orx_str_adds(&text, " USD spent");
    add_text(out, (LEFT + RIGHT) / 2, BOTTOM + 34, "middle", orx_str_cstr(&text));
}

void orx_chart_svg(const orx_chart *c, orx_str *out) {
    int64_t spent = sum_of(c);
    int64_t top = c->cap ? c->cap : spent;
    orx_str_addf(out,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                 " viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"11\">\n"
                 "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
                 "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#888\"/>\n",
                 WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT);
    if (c->cap)
        orx_str_addf(out,
                     "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#bbb\""
                     " stroke-dasharray=\"4\"/>\n",
                     LEFT, TOP, RIGHT, BOTTOM);
    add_line(c, top, out);
    add_labels(c, top, spent, out);
    orx_str_adds(out, "</svg>\n");
}
