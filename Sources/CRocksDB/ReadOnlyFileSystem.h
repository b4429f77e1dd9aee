#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <memory>
#include <string>

#include "Precheck.h"

namespace almanac {

/// The real file system, refusing whatever would change it, and tables that would crash the process.
///
/// RocksDB's read-only open deletes `*.trash` files that a crashed writer left, among others; a
/// dataset that others own must be the same to the byte after we have read it.
class ReadOnlyFileSystem final : public rocksdb::FileSystemWrapper {
   public:
    ReadOnlyFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

    const char *Name() const override { return "AlmanacReadOnly"; }

    rocksdb::IOStatus NewRandomAccessFile(
        const std::string &name, const rocksdb::FileOptions &options,
        std::unique_ptr<rocksdb::FSRandomAccessFile> *result, rocksdb::IODebugContext *context) override {
        rocksdb::IOStatus status = target()->NewRandomAccessFile(name, options, result, context);
        bool is_table = name.size() > 4 && name.compare(name.size() - 4, 4, ".sst") == 0;
        if (!status.ok() || !is_table) return status;
        uint64_t size = 0;
        status = target()->GetFileSize(name, options.io_options, &size, context);
        return status.ok() ? CheckTableProperties(**result, size, name) : status;
    }

    rocksdb::IOStatus NewWritableFile(
        const std::string &name, const rocksdb::FileOptions &, std::unique_ptr<rocksdb::FSWritableFile> *,
        rocksdb::IODebugContext *) override {
        return Refused(name);
    }
    rocksdb::IOStatus ReopenWritableFile(
        const std::string &name, const rocksdb::FileOptions &, std::unique_ptr<rocksdb::FSWritableFile> *,
        rocksdb::IODebugContext *) override {
        return Refused(name);
    }
    rocksdb::IOStatus ReuseWritableFile(
        const std::string &name, const std::string &, const rocksdb::FileOptions &,
        std::unique_ptr<rocksdb::FSWritableFile> *, rocksdb::IODebugContext *) override {
        return Refused(name);
    }
    rocksdb::IOStatus NewRandomRWFile(
        const std::string &name, const rocksdb::FileOptions &, std::unique_ptr<rocksdb::FSRandomRWFile> *,
        rocksdb::IODebugContext *) override {
        return Refused(name);
    }
    rocksdb::IOStatus NewMemoryMappedFileBuffer(
        const std::string &name, std::unique_ptr<rocksdb::MemoryMappedFileBuffer> *) override {
        return Refused(name);
    }
    rocksdb::IOStatus DeleteFile(
        const std::string &name, const rocksdb::IOOptions &, rocksdb::IODebugContext *) override {
        return Refused(name);
    }
    rocksdb::IOStatus Truncate(
        const std::string &name, size_t, const rocksdb::IOOptions &, rocksdb::IODebugContext *) override {
        return Refused(name);
    }
    rocksdb::IOStatus CreateDir(
        const std::string &name, const rocksdb::IOOptions &, rocksdb::IODebugContext *) override {
        return Refused(name);
    }
    rocksdb::IOStatus CreateDirIfMissing(
        const std::string &name, const rocksdb::IOOptions &, rocksdb::IODebugContext *) override {
        return Refused(name);
    }
    rocksdb::IOStatus DeleteDir(
        const std::string &name, const rocksdb::IOOptions &, rocksdb::IODebugContext *) override {
        return Refused(name);
    }
    rocksdb::IOStatus RenameFile(
        const std::string &name, const std::string &, const rocksdb::IOOptions &,
        rocksdb::IODebugContext *) override {
        return Refused(name);
    }
    rocksdb::IOStatus LinkFile(
        const std::string &name, const std::string &, const rocksdb::IOOptions &,
        rocksdb::IODebugContext *) override {
        return Refused(name);
    }
    rocksdb::IOStatus LockFile(
        const std::string &name, const rocksdb::IOOptions &, rocksdb::FileLock **,
        rocksdb::IODebugContext *) override {
        return Refused(name);
    }
    rocksdb::IOStatus NewLogger(
        const std::string &name, const rocksdb::IOOptions &, std::shared_ptr<rocksdb::Logger> *,
        rocksdb::IODebugContext *) override {
        return Refused(name);
    }

   private:
    static rocksdb::IOStatus Refused(const std::string &name) {
        return rocksdb::IOStatus::NotSupported("the dataset is read-only", name);
    }
};

}  // namespace almanac
