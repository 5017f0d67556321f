/* The picture of frontiers. */
#include "route/frontier.h"

#include <math.h>
#include <stdio.h>

#define WIDTH  760
#define HEIGHT 460
#define LEFT   64
#define RIGHT  190 /* the legend */
#define TOP    20
#define BOTTOM 52
#define TICKS  5

typedef struct drawing {
    orx_str *out;
    double cost; /* at the right edge */
    double low;  /* quality at the bottom and at the top */
    double high;
} drawing;

static const char *const colours[] = {"#1f6fb4", "#d9622b", "#3a8f3a",
                                      "#8a4fb0", "#a8323e", "#5f6b73"};

static const char *colour(size_t i) {
    return colours[i % ORX_ARRAY_LEN(colours)];
}

static double x_of(const drawing *d, double cost) {
    return LEFT + (WIDTH - LEFT - RIGHT) * (d->cost > 0 ? cost / d->cost : 0);
}

static double y_of(const drawing *d, double quality) {
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (quality - d->low) / (d->high - d->low);
}

/* Text of somebody else's in XML. */
static void add_escaped(orx_str *out, const char *text) {
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&' || c == '<' || c == '>' || c == '"')
            orx_str_addf(out, "&#%d;", c);
        else
            orx_str_addc(out, (char)(c < ' ' ? ' ' : c));
    }
}

static void text_at(const drawing *d, double x, double y, const char *anchor, const char *text) {
    orx_str_addf(d->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    add_escaped(d->out, text);
    orx_str_adds(d->out, "</text>\n");
}

/* ---- The scale ------------------------------------------------------------------------------- */

static void stretch(drawing *d, double cost, double low, double high) {
    d->cost = fmax(d->cost, cost);
    d->low = fmin(d->low, low);
    d->high = fmax(d->high, high);
}

static void measure(drawing *d, const orx_frontier *const *frontiers, size_t count) {
    d->low = 1;
    d->high = 0;
    for (size_t i = 0; i < count; i++) {
        const orx_frontier *f = frontiers[i];
        for (size_t p = 0; p < f->count; p++)
            stretch(d, f->points[p].cost, f->points[p].low, f->points[p].high);
        for (size_t m = 0; m < f->models; m++)
            if (f->model[m].observed)
                stretch(d, f->model[m].cost, f->model[m].quality, f->model[m].quality);
    }
    d->low = fmax(0, d->low - 0.03);
    d->high = fmin(1, d->high + 0.03);
    if (!(d->high > d->low)) {
        d->low = 0;
        d->high = 1;
    }
}

static void draw_axes(const drawing *d, const char *unit) {
    char label[64];
    orx_str_addf(d->out, "<path d=\"M%d %d V%d H%d\" fill=\"none\" stroke=\"#444\"/>\n", LEFT, TOP,
                 HEIGHT - BOTTOM, WIDTH - RIGHT);
    for (int i = 0; i <= TICKS; i++) {
        double cost = d->cost * i / TICKS;
        double quality = d->low + (d->high - d->low) * i / TICKS;
        (void)snprintf(label, sizeof label, "%.3g", cost);
        text_at(d, x_of(d, cost), HEIGHT - BOTTOM + 16, "middle", label);
        (void)snprintf(label, sizeof label, "%.0f %%", 100 * quality);
        text_at(d, LEFT - 6, y_of(d, quality) + 4, "end", label);
    }
    text_at(d, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12, "middle", unit);
    text_at(d, LEFT + 6, TOP + 4, "start", "accepted");
}

/* ---- Curves and points ----------------------------------------------------------------------- */

static void draw_band(const drawing *d, const orx_frontier *f, const char *fill) {
    orx_str_addf(d->out, "<polygon fill=\"%s\" fill-opacity=\"0.15\" points=\"", fill);
    for (size_t p = 0; p < f->count; p++)
        orx_str_addf(d->out, "%.1f,%.1f ", x_of(d, f->points[p].cost), y_of(d, f->points[p].high));
    for (size_t p = f->count; p-- > 0;)
        orx_str_addf(d->out, "%.1f,%.1f ", x_of(d, f->points[p].cost), y_of(d, f->points[p].low));
    orx_str_adds(d->out, "\"/>\n");
}

static void draw_curve(const drawing *d, const orx_frontier *f, size_t number, const char *name) {
    double y = TOP + 14 + 18.0 * (double)number;
    draw_band(d, f, colour(number));
    orx_str_addf(d->out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"",
                 colour(number));
    for (size_t p = 0; p < f->count; p++)
        orx_str_addf(d->out, "%.1f,%.1f ", x_of(d, f->points[p].cost),
                     y_of(d, f->points[p].quality));
    orx_str_addf(d->out,
                 "\"/>\n<rect x=\"%d\" y=\"%.1f\" width=\"14\" height=\"4\" fill=\"%s\"/>\n",
                 WIDTH - RIGHT + 12, y - 6, colour(number));
    text_at(d, WIDTH - RIGHT + 32, y, "start", name);
}

/* One that another is no dearer and no worse than is drawn hollow. */
static void draw_models(const drawing *d, const orx_frontier *f, const char *const *models) {
    for (size_t m = 0; m < f->models; m++) {
        const orx_frontier_model *one = &f->model[m];
        if (!one->observed)
            continue;
        double x = x_of(d, one->cost);
        double y = y_of(d, one->quality);
        orx_str_addf(d->out,
                     "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" stroke=\"#444\" fill=\"%s\"/>\n", x,
                     y, one->dominated ? "none" : "#444");
        text_at(d, x + 7, y + 12, "start", models[m]);
    }
}

void orx_frontier_svg(const orx_frontier *const *frontiers, const char *const *names, size_t count,
                      const char *const *models, const char *unit, orx_str *out) {
    drawing d = {.out = out};
    measure(&d, frontiers, count);
    orx_str_addf(out,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
                 "height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n"
                 "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
                 WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT);
    draw_axes(&d, unit);
    for (size_t i = 0; i < count; i++)
        draw_curve(&d, frontiers[i], i, names[i]);
    if (count)
        draw_models(&d, frontiers[0], models);
    orx_str_adds(out, "</svg>\n");
}
