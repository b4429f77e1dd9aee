#include "include/CRocksDBWriter.h"

#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "Failure.h"
#include "TableProfile.h"

using almanac::Fail;
using almanac::Guarded;
using almanac::TableProfile;

struct almanac_rocksdb_writer {
    std::string directory;
    rocksdb::Options options = TableProfile::Options();
    std::unique_ptr<rocksdb::SstFileWriter> file;
    std::vector<std::string> files;
    uint64_t key_count = 0;
    /// A key was accepted and may be lost, so there is nothing whole to finish.
    bool has_failed = false;
};

namespace {

bool Check(const rocksdb::Status &status, almanac_rocksdb_error *error) {
    if (status.ok()) return true;
    Fail(error, status);
    // Whatever goes wrong with what we write is not damage to something that was there.
    if (error != nullptr && error->kind == ALMANAC_ROCKSDB_DAMAGED) error->kind = ALMANAC_ROCKSDB_IO;
    return false;
}

bool SystemFailure(const std::string &path, almanac_rocksdb_error *error) {
    Fail(error, ALMANAC_ROCKSDB_IO, path + ": " + std::strerror(errno));
    return false;
}

bool OpenFile(almanac_rocksdb_writer &writer, almanac_rocksdb_error *error) {
    std::string path = writer.directory + "/ingest-" + std::to_string(writer.files.size()) + ".sst";
    writer.file = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), writer.options);
    if (!Check(writer.file->Open(path), error)) return false;
    writer.files.push_back(std::move(path));
    return true;
}

bool FinishFile(almanac_rocksdb_writer &writer, almanac_rocksdb_error *error) {
    rocksdb::Status status = writer.file->Finish();
    writer.file.reset();
    return Check(status, error);
}

bool Append(
    almanac_rocksdb_writer &writer, const rocksdb::Slice &key, const rocksdb::Slice &value,
    almanac_rocksdb_error *error) {
    if (writer.file == nullptr && !OpenFile(writer, error)) return false;
    rocksdb::Status status = writer.file->Put(key, value);
    if (status.IsInvalidArgument()) {
        Fail(error, ALMANAC_ROCKSDB_INVALID, "keys must come in the order of their bytes, each once");
        return false;
    }
    if (!Check(status, error)) return false;
    writer.key_count += 1;
    return writer.file->FileSize() < TableProfile::kFileBytes || FinishFile(writer, error);
}

/// Makes a database of the files, all in its last level, and closes it.
bool Assemble(almanac_rocksdb_writer &writer, almanac_rocksdb_error *error) {
    rocksdb::Options options = writer.options;
    options.create_if_missing = true;
    options.error_if_exists = true;
    options.avoid_flush_during_shutdown = true;
    rocksdb::DB *opened = nullptr;
    if (!Check(rocksdb::DB::Open(options, writer.directory, &opened), error)) return false;
    std::unique_ptr<rocksdb::DB> db(opened);
    rocksdb::Status status;
    if (!writer.files.empty()) {
        rocksdb::IngestExternalFileOptions ingestion;
        ingestion.move_files = true;
        ingestion.write_global_seqno = false;
        status = db->IngestExternalFile(writer.files, ingestion);
    }
    if (status.ok()) status = db->Close();
    if (status.ok()) return true;
    // A database without its keys would open, and answer that there are none.
    db.reset();
    rocksdb::Env::Default()->DeleteFile(writer.directory + "/CURRENT").PermitUncheckedError();
    return Check(status, error);
}

bool IsNeeded(const std::string &name) {
    bool is_table = name.size() > 4 && name.compare(name.size() - 4, 4, ".sst") == 0;
    return is_table || name == "CURRENT" || name.compare(0, 9, "MANIFEST-") == 0;
}

/// Removes what only a writer needs (LOCK, the empty write-ahead log, IDENTITY, OPTIONS), counts the
/// rest, and makes the directory durable.
bool TidyUp(const almanac_rocksdb_writer &writer, almanac_rocksdb_written *written, almanac_rocksdb_error *error) {
    rocksdb::Env *env = rocksdb::Env::Default();
    std::vector<rocksdb::Env::FileAttributes> files;
    if (!Check(env->GetChildrenFileAttributes(writer.directory, &files), error)) return false;
    for (const auto &file : files) {
        if (file.name == "." || file.name == "..") continue;
        if (IsNeeded(file.name)) {
            written->file_count += 1;
            written->file_bytes += file.size_bytes;
        } else if (!Check(env->DeleteFile(writer.directory + "/" + file.name), error)) {
            return false;
        }
    }
    int directory = open(writer.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return SystemFailure(writer.directory, error);
    int synced = fsync(directory);
    int reason = errno;
    close(directory);
    errno = reason;
    return synced == 0 || SystemFailure(writer.directory, error);
}

}  // namespace

almanac_rocksdb_writer *almanac_rocksdb_writer_create(const char *directory, almanac_rocksdb_error *error) {
    return Guarded<almanac_rocksdb_writer *>(error, nullptr, [&]() -> almanac_rocksdb_writer * {
        rocksdb::Env *env = rocksdb::Env::Default();
        if (!Check(env->CreateDirIfMissing(directory), error)) return nullptr;
        std::vector<std::string> names;
        if (!Check(env->GetChildren(directory, &names), error)) return nullptr;
        for (const std::string &name : names) {
            if (name == "." || name == "..") continue;
            // Finishing removes what a database does not need, so nothing else may be there.
            Fail(error, ALMANAC_ROCKSDB_INVALID, std::string(directory) + ": is not empty");
            return nullptr;
        }
        auto writer = std::make_unique<almanac_rocksdb_writer>();
        writer->directory = directory;
        return writer.release();
    });
}

bool almanac_rocksdb_writer_append(
    almanac_rocksdb_writer *writer, const uint8_t *key, size_t key_count, const uint8_t *value, size_t value_count,
    almanac_rocksdb_error *error) {
    return Guarded<bool>(error, false, [&] {
        bool appended = Append(
            *writer, rocksdb::Slice(reinterpret_cast<const char *>(key), key_count),
            rocksdb::Slice(reinterpret_cast<const char *>(value), value_count), error);
        // A key out of order was refused before anything happened.
        writer->has_failed = writer->has_failed || (!appended && error->kind != ALMANAC_ROCKSDB_INVALID);
        return appended;
    });
}

bool almanac_rocksdb_writer_finish(
    almanac_rocksdb_writer *writer, almanac_rocksdb_written *written, almanac_rocksdb_error *error) {
    return Guarded<bool>(error, false, [&] {
        *written = {writer->key_count, 0, 0};
        if (writer->has_failed) {
            Fail(error, ALMANAC_ROCKSDB_IO, writer->directory + ": an earlier write failed");
            return false;
        }
        if (writer->file != nullptr && !FinishFile(*writer, error)) return false;
        return Assemble(*writer, error) && TidyUp(*writer, written, error);
    });
}

void almanac_rocksdb_writer_destroy(almanac_rocksdb_writer *writer) { delete writer; }
