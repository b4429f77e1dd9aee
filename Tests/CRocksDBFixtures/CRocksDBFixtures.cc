#include "CRocksDBFixtures.h"

#include <rocksdb/comparator.h>
#include <rocksdb/db.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/options.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

std::string KeyOf(int32_t number) {
    char text[16];
    std::snprintf(text, sizeof text, "key-%06d", number);
    return text;
}

std::string ValueOf(const std::string &word, int32_t number) {
    return word + "-" + std::to_string(number) + "-" + std::string(80, 'x');
}

struct Failed {
    rocksdb::Status status;
};

void Require(const rocksdb::Status &status) {
    if (!status.ok()) throw Failed{status};
}

/// Appends, and is unknown to whoever did not write it.
class Appending : public rocksdb::AssociativeMergeOperator {
   public:
    bool Merge(
        const rocksdb::Slice &, const rocksdb::Slice *existing, const rocksdb::Slice &value, std::string *merged,
        rocksdb::Logger *) const override {
        *merged = (existing == nullptr ? "" : existing->ToString()) + value.ToString();
        return true;
    }
    const char *Name() const override { return "Appending"; }
};

void Fill(
    rocksdb::DB &db, rocksdb::ColumnFamilyHandle *family, const std::string &word, int32_t key_count, int32_t step) {
    for (int32_t i = 0; i < key_count; i += step) Require(db.Put({}, family, KeyOf(i), ValueOf(word, i)));
}

void FillLevels(rocksdb::DB &db, int32_t key_count, bool flush) {
    auto *family = db.DefaultColumnFamily();
    Fill(db, family, "value", key_count, 1);
    Require(db.CompactRange({}, nullptr, nullptr));
    Fill(db, family, "new", key_count, 3);
    if (flush) Require(db.Flush({}));
    for (int32_t i = 0; i < key_count; i += 7) Require(db.Delete({}, KeyOf(i)));
    if (flush) Require(db.Flush({}));
}

void FillFamilies(rocksdb::DB &db, const rocksdb::Options &options, int32_t key_count) {
    for (const char *name : {"users", "orders"}) {
        rocksdb::ColumnFamilyHandle *family = nullptr;
        Require(db.CreateColumnFamily(options, name, &family));
        Fill(db, family, name, key_count, 1);
        Require(db.Flush({}, family));
        Require(db.DestroyColumnFamilyHandle(family));
    }
}

void FillRangeDeletion(rocksdb::DB &db, int32_t key_count) {
    auto *family = db.DefaultColumnFamily();
    Fill(db, family, "value", key_count, 1);
    // The snapshot keeps the flush from dropping what the range deletion covers.
    const rocksdb::Snapshot *snapshot = db.GetSnapshot();
    Require(db.DeleteRange({}, family, KeyOf(0), KeyOf(100)));
    Require(db.Flush({}));
    db.ReleaseSnapshot(snapshot);
}

rocksdb::Options OptionsFor(int32_t kind, int32_t compression) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.error_if_exists = true;
    options.compression = static_cast<rocksdb::CompressionType>(compression);
    options.disable_auto_compactions = true;
    options.avoid_flush_during_shutdown = true;
    if (kind == FIXTURE_MERGES) options.merge_operator = std::make_shared<Appending>();
    if (kind == FIXTURE_REVERSED) options.comparator = rocksdb::ReverseBytewiseComparator();
    if (kind == FIXTURE_BLOBS) {
        options.enable_blob_files = true;
        options.min_blob_size = 10;
    }
    return options;
}

void Create(const std::string &path, int32_t kind, int32_t compression, int32_t key_count) {
    rocksdb::Options options = OptionsFor(kind, compression);
    rocksdb::DB *opened = nullptr;
    Require(rocksdb::DB::Open(options, path, &opened));
    std::unique_ptr<rocksdb::DB> db(opened);
    auto *family = db->DefaultColumnFamily();
    switch (kind) {
        case FIXTURE_LEVELS:
        case FIXTURE_LOG:
            FillLevels(*db, key_count, kind == FIXTURE_LEVELS);
            break;
        case FIXTURE_MERGES:
            for (int32_t i = 0; i < key_count; i++) Require(db->Merge({}, KeyOf(i), ValueOf("value", i)));
            Require(db->Flush({}));
            break;
        case FIXTURE_RANGE_DELETION:
            FillRangeDeletion(*db, key_count);
            break;
        case FIXTURE_FAMILIES:
            FillFamilies(*db, options, key_count);
            break;
        default:
            Fill(*db, family, "value", key_count, 1);
            Require(db->CompactRange({}, nullptr, nullptr));
    }
    Require(db->Close());
}

}  // namespace

bool fixture_create(const char *path, int32_t kind, int32_t compression, int32_t key_count) {
    try {
        Create(path, kind, compression, key_count);
        return true;
    } catch (const Failed &failed) {
        std::fprintf(stderr, "%s: %s\n", path, failed.status.ToString().c_str());
        return false;
    }
}
