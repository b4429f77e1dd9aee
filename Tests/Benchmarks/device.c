/* The disk by itself, for scripts/bench disk: reads of 4 KiB at random places, past the page cache.
 *
 * device SECONDS DEPTH FILE…
 * DEPTH threads have one read each under way all the time. Prints one line of JSON: reads, and percentiles in us. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { block_bytes = 4096, bucket_count = 64 * 58, files_max = 16384 };

static int files[files_max], file_count;
static uint64_t blocks_before[files_max + 1], end_ns;
static _Atomic uint64_t buckets[bucket_count];

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static double percentile(double p) {
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < bucket_count; i++) total += buckets[i];
    for (int i = 0; i < bucket_count; i++)
        if ((seen += buckets[i]) >= p * total && total) return ((64ull + i % 64) << (i / 64)) / 1e3;
    return 0;
}

static void *run(void *argument) {
    uint64_t random = 88172645463325252ull * (uintptr_t)argument;
    void *block = aligned_alloc(block_bytes, block_bytes);
    if (!block) exit(1);
    for (uint64_t began; (began = now()) < end_ns;) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        uint64_t number = random % blocks_before[file_count];
        int low = 0, high = file_count;
        while (high - low > 1) {
            int middle = (low + high) / 2;
            if (blocks_before[middle] <= number) low = middle;
            else high = middle;
        }
        if (pread(files[low], block, block_bytes, (number - blocks_before[low]) * block_bytes) != block_bytes)
            perror("pread"), exit(1);
        uint64_t took = now() - began;
        int power = 63 - __builtin_clzll(took | 64);
        atomic_fetch_add_explicit(&buckets[(power - 6) * 64 + ((took >> (power - 6)) & 63)], 1, memory_order_relaxed);
    }
    free(block);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc < 4 || argc - 3 > files_max) return fprintf(stderr, "see the head of device.c\n"), 64;
    double seconds = atof(argv[1]);
    int depth = atoi(argv[2]);
    for (int i = 3; i < argc; i++) {
        struct stat status;
        int file = open(argv[i], O_RDONLY | O_DIRECT);
        if (file < 0 || fstat(file, &status)) return perror(argv[i]), 1;
        if (status.st_size < block_bytes) continue;
        files[file_count] = file;
        blocks_before[file_count + 1] = blocks_before[file_count] + status.st_size / block_bytes;
        file_count++;
    }
    if (!file_count || depth < 1) return fprintf(stderr, "nothing to read\n"), 64;
    pthread_t *threads = calloc(depth, sizeof *threads);
    uint64_t begin = now();
    end_ns = begin + (uint64_t)(seconds * 1e9);
    for (int i = 0; i < depth; i++)
        if (pthread_create(&threads[i], NULL, run, (void *)(uintptr_t)(i + 1))) return perror("pthread_create"), 1;
    for (int i = 0; i < depth; i++) pthread_join(threads[i], NULL);
    double took = (now() - begin) / 1e9;
    uint64_t reads = 0;
    for (int i = 0; i < bucket_count; i++) reads += buckets[i];
    printf("{\"reads\": %lu, \"seconds\": %.6f, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f}\n", reads, took,
           percentile(.5), percentile(.99), percentile(.999));
    return 0;
}
