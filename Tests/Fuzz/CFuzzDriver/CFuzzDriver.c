#include "CFuzzDriver.h"

#include <stdio.h>
#include <stdlib.h>

typedef int (*fuzz_target)(const uint8_t *, size_t);

// Weak, so that fuzz targets link in every build; scripts/fuzz links the real one in.
extern int LLVMFuzzerRunDriver(int *argc, char ***argv, fuzz_target target) __attribute__((weak));

static int run_file(const char *path, fuzz_target target) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 74;
    }
    size_t count = 0, capacity = 1 << 16;
    uint8_t *bytes = malloc(capacity);
    for (size_t got; bytes && (got = fread(bytes + count, 1, capacity - count, file)) > 0;) {
        count += got;
        if (count == capacity) bytes = realloc(bytes, capacity *= 2);
    }
    fclose(file);
    if (bytes) target(bytes, count);
    free(bytes);
    return bytes ? 0 : 71;
}

int almanac_fuzz_run(int argc, char **argv, fuzz_target target) {
    if (LLVMFuzzerRunDriver) return LLVMFuzzerRunDriver(&argc, &argv, target);
    for (int index = 1; index < argc; index++) {
        int failed = run_file(argv[index], target);
        if (failed) return failed;
    }
    return 0;
}
