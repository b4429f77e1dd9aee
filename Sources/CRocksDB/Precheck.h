#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <string>

namespace almanac {

/// Finds damage that RocksDB itself does not survive or does not see.

/// Corruption where the manifest at `path` does not end with a whole record.
///
/// RocksDB takes a record whose length leads past the end of the file for one that was being written,
/// and forgets it: one flipped bit there, and a database opens without its keys.
rocksdb::IOStatus CheckManifest(rocksdb::FileSystem &files, const std::string &path);

/// Corruption where the properties of the table `file`, of `size` bytes, claim a hash index.
///
/// RocksDB reads properties before it verifies their checksum, and Debian's build has its assertions
/// on: that claim without an index ends the process.
rocksdb::IOStatus CheckTableProperties(rocksdb::FSRandomAccessFile &file, uint64_t size, const std::string &path);

}  // namespace almanac
