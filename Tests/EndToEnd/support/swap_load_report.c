/* Latencies, and what came of a load. */
#define _GNU_SOURCE
#include "swap_load.h"
#include <sys/mman.h>

struct sample { uint32_t due_us; uint32_t tenth_us : 31, is_resident : 1; };
enum { SAMPLES_MAX = 1 << 27 };
static struct sample *samples;
static uint64_t sample_count;
static uint32_t *send_delays; /* a window's longest delay of our own between due and sent, us */

void make_room_for_samples(void) {
    samples = mmap(NULL, SAMPLES_MAX * sizeof *samples, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    send_delays = calloc(WINDOWS_MAX, sizeof *send_delays);
    if (samples == MAP_FAILED || !send_delays) fail("no memory for samples");
}

void record(const struct connection *c) {
    if (sample_count == SAMPLES_MAX) return;
    uint64_t tenth = (now() - c->due_at) / 100;
    samples[sample_count++] = (struct sample){.due_us = (c->due_at - began_at) / 1000,
                                              .tenth_us = tenth < 0x7FFFFFFF ? tenth : 0x7FFFFFFF,
                                              .is_resident = c->stream->is_resident};
}

void record_delay(uint64_t due, uint64_t delay) {
    uint64_t window = (due - began_at) / WINDOW_NS;
    if (window < WINDOWS_MAX && delay > send_delays[window]) send_delays[window] = delay;
}

static int by_latency(const void *a, const void *b) {
    uint32_t x = ((const struct sample *)a)->tenth_us, y = ((const struct sample *)b)->tenth_us;
    return x < y ? -1 : x > y;
}

static int by_window(const void *a, const void *b) {
    const struct sample *x = a, *y = b;
    uint32_t i = x->due_us / 100000 * 2 + x->is_resident, j = y->due_us / 100000 * 2 + y->is_resident;
    return i != j ? (i < j ? -1 : 1) : by_latency(a, b);
}

static double percentile(const struct sample *sorted, uint64_t count, double p) {
    return count ? sorted[(uint64_t)(p * (count - 1) + .5)].tenth_us / 10. : 0;
}

void write_samples(void) {
    FILE *file = fopen(options.samples_path, "wb");
    if (!file || fwrite(samples, sizeof *samples, sample_count, file) != sample_count || fclose(file)) fail("samples");
}

void write_windows(void) {
    FILE *file = fopen(options.windows_path, "w");
    if (!file) fail("windows");
    fputs("monotonic_ns,stream,batches,p50_us,p99_us,p999_us,max_us,send_delay_max_us\n", file);
    qsort(samples, sample_count, sizeof *samples, by_window);
    for (uint64_t first = 0, past; first < sample_count; first = past) {
        uint64_t window = samples[first].due_us / 100000;
        uint32_t is_resident = samples[first].is_resident;
        for (past = first; past < sample_count && samples[past].due_us / 100000 == window &&
                           samples[past].is_resident == is_resident;)
            past++;
        const struct sample *s = samples + first;
        fprintf(file, "%lu,%s,%lu,%.1f,%.1f,%.1f,%.1f,%u\n", began_at + window * WINDOW_NS,
                is_resident ? "resident" : "all", past - first,
                percentile(s, past - first, .5), percentile(s, past - first, .99), percentile(s, past - first, .999),
                percentile(s, past - first, 1), window < WINDOWS_MAX ? send_delays[window] : 0);
    }
    if (fclose(file)) fail("windows");
}

void report(double seconds) {
    printf("{\"requests\": %lu, \"values\": %lu, \"seconds\": %.6f, \"began_ns\": %lu, \"nils\": %lu, "
           "\"errors\": %lu, \"reconnects\": %lu, \"stalled\": %lu, \"mixed\": %lu, \"backwards\": %lu, "
           "\"foreign\": %lu, \"late\": %lu, \"walks\": %lu, \"walks_across\": %lu, \"incomplete_walks\": %lu, "
           "\"missing_keys\": %lu, \"versions\": {",
           counts.requests, counts.values, seconds, began_at, counts.nils, counts.errors, counts.reconnects,
           counts.stalled, counts.mixed, counts.backwards, counts.foreign, counts.late, counts.walks,
           counts.walks_across, counts.incomplete, counts.missing);
    const char *comma = "";
    for (int v = 0; v < 10000; v++)
        if (counts.versions[v]) printf("%s\"%d\": %lu", comma, v, counts.versions[v]), comma = ", ";
    qsort(samples, sample_count, sizeof *samples, by_latency);
    printf("}, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"max\": %.1f}\n", percentile(samples, sample_count, .5),
           percentile(samples, sample_count, .99), percentile(samples, sample_count, .999),
           percentile(samples, sample_count, 1));
}
