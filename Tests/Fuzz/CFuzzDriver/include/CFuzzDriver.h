#ifndef CFUZZDRIVER_H
#define CFUZZDRIVER_H

#include <stddef.h>
#include <stdint.h>

/// Runs libFuzzer over `target` with the process's arguments and returns its exit code.
///
/// Without libFuzzer linked in it runs `target` on the files that the arguments name, and on nothing else.
int almanac_fuzz_run(int argc, char **argv, int (*target)(const uint8_t *bytes, size_t count));

#endif
