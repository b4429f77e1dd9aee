#pragma once

// Nonzero where the functions beside tell the thread sanitizer of Swift's mutexes.
int almanac_annotates_mutexes(void);
