#ifndef CROCKSDB_READER_H
#define CROCKSDB_READER_H
#include <CLookup.h>
#endif
