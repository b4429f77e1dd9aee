// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]

// Whole requests run through a handful of classes that one thread owns; checking each access to their
// fields at run time costs more than the requests themselves. The compiler still checks what it can see.
let hot: [SwiftSetting] = [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "almanac",
    products: [.executable(name: "almanac", targets: ["almanac"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // 0: what Swift cannot reach by itself.
        .target(name: "CLinux"),
        .target(name: "CLookup"),
        // What look-ups in the packed format cost is decided here; xxHash is headers only.
        .target(
            name: "CPacked", dependencies: ["CLinux", "CLookup"], linkerSettings: [.linkedLibrary("zstd")]),
        .target(name: "CRocksDB", dependencies: ["CLookup"], linkerSettings: [.linkedLibrary("rocksdb")]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CSSL", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .systemLibrary(
            name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

        // 1: foundations.
        .target(name: "Bytes", swiftSettings: strict),
        .target(name: "Storage", dependencies: ["Bytes", "CLookup"], swiftSettings: strict),
        .target(name: "Settings", dependencies: [yams], swiftSettings: strict),
        .target(name: "ServerMetrics", swiftSettings: strict),
        .target(name: "Exposition", swiftSettings: strict),
        .target(name: "Platform", dependencies: ["Bytes", "CLinux"], swiftSettings: strict),

        // 2: storage formats, versions, the wire, logs.
        .target(name: "Datasets", dependencies: ["Bytes", "CCrypto", "Platform", "Storage"], swiftSettings: strict),
        .target(
            name: "RocksDBStorage", dependencies: ["Bytes", "CLookup", "CRocksDB", "Platform", "Storage"],
            swiftSettings: strict),
        .target(
            name: "PackedStorage", dependencies: ["Bytes", "CLookup", "CPacked", "CZstd", "Platform", "Storage"],
            exclude: ["Format.md"], swiftSettings: strict),
        .target(name: "RESP", dependencies: ["Bytes"], swiftSettings: strict),
        .target(name: "ServerLog", dependencies: ["Platform", logging], swiftSettings: strict),

        .target(name: "Tracing", dependencies: ["Bytes", "Platform"], swiftSettings: strict),
        .target(name: "TLS", dependencies: ["Bytes", "CSSL", "Platform"], swiftSettings: strict),
        .target(name: "HTTP", dependencies: ["Bytes", "CMicrohttpd", "Platform"], swiftSettings: strict),

        // 3: what a request means.
        .target(
            name: "Commands", dependencies: ["Bytes", "Datasets", "RESP", "ServerMetrics", "Storage"],
            exclude: ["Table/Commands.md"],
            swiftSettings: strict + hot),

        // Where versions are published, and how they come and go.
        .target(
            name: "RemoteStorage",
            dependencies: ["Bytes", "CCrypto", "CCurl", "Datasets", "Platform"],
            swiftSettings: strict),

        // A client for our own commands, which asks servers.
        .target(name: "RedisClient", dependencies: ["Bytes", "Platform", "RESP", "TLS"], swiftSettings: strict),

        // 4: sockets and threads; building datasets.
        .target(
            name: "Server",
            dependencies: [
                "Bytes", "Commands", "Datasets", "Platform", "RESP", "ServerMetrics", "Settings", "Storage", "TLS",
                "Tracing", logging,
            ],
            swiftSettings: strict + hot),
        .target(
            name: "DatasetBuild",
            dependencies: [
                "Bytes", "CZlib", "CZstd", "Datasets", "PackedStorage", "Platform", "RESP", "RedisClient",
                "RocksDBStorage", "Storage",
            ],
            swiftSettings: strict),
        .target(
            name: "DatasetInspection",
            dependencies: ["Bytes", "Datasets", "Platform", "RESP", "RedisClient", "Storage"],
            swiftSettings: strict),

        .target(
            name: "Sync",
            dependencies: ["Datasets", "Exposition", "Platform", "RESP", "RedisClient", "RemoteStorage", logging],
            swiftSettings: strict),

        // 5: which version serves, and how another takes its place.
        .target(
            name: "Versions",
            dependencies: ["Commands", "Datasets", "Platform", "ServerMetrics", "Settings", "Storage", logging],
            swiftSettings: strict),

        // 6: what operators look in through.
        .target(
            name: "Administration",
            dependencies: [
                "Bytes", "Commands", "Datasets", "Exposition", "HTTP", "Platform", "Server", "ServerMetrics",
                "Settings", "Storage", "TLS", "Tracing", "Versions", logging,
            ],
            resources: [
                .embedInCode("StatusPage/Assets/status.css"), .embedInCode("StatusPage/Assets/status.js"),
            ],
            swiftSettings: strict),

        // 7: the executable, the only target that names engines.
        .executableTarget(
            name: "almanac",
            dependencies: [
                "Administration", "Bytes", "Commands", "Datasets", "DatasetBuild", "DatasetInspection", "Exposition",
                "HTTP",
                "PackedStorage", "Platform", "RESP", "RedisClient", "RemoteStorage", "RocksDBStorage", "Server",
                "ServerLog", "Settings", "Storage", "Sync", "TLS", "Tracing", "Versions", argumentParser, logging,
            ],
            swiftSettings: strict),

        .target(
            name: "TestSupport", dependencies: ["Bytes", "CLookup", "PackedStorage", "Storage"],
            path: "Tests/TestSupport", swiftSettings: strict),
        .target(
            name: "SessionSupport",
            dependencies: ["Bytes", "Commands", "Datasets", "RESP", "ServerMetrics", "TestSupport"],
            path: "Tests/SessionSupport", swiftSettings: strict),
        // Programs for scripts/fuzz: they link without libFuzzer too, so that every build compiles them.
        .target(name: "CFuzzDriver", path: "Tests/Fuzz/CFuzzDriver"),
        .executableTarget(
            name: "ParserFuzz", dependencies: ["Bytes", "CFuzzDriver", "RESP"], path: "Tests/Fuzz/ParserFuzz",
            swiftSettings: strict),
        .executableTarget(
            name: "PackedFuzz", dependencies: ["Bytes", "CFuzzDriver", "PackedStorage", "Platform", "Storage"],
            path: "Tests/Fuzz/PackedFuzz", swiftSettings: strict),
        .executableTarget(
            name: "SessionFuzz", dependencies: ["CFuzzDriver", "SessionSupport"], path: "Tests/Fuzz/SessionFuzz",
            swiftSettings: strict),
        .executableTarget(
            name: "ConversationFuzz", dependencies: ["CFuzzDriver", "SessionSupport"],
            path: "Tests/Fuzz/ConversationFuzz", swiftSettings: strict),

        // Drives sources from the command line, for tests with real servers.
        .executableTarget(
            name: "SourceTrial", dependencies: ["Datasets", "Platform", "RemoteStorage"], path: "Tests/SourceTrial",
            swiftSettings: strict),

        // A real server under the thread sanitizer, for scripts/fuzz.
        .target(name: "CMutexAnnotations", path: "Tests/CMutexAnnotations"),
        .executableTarget(
            name: "ServerTrial",
            dependencies: [
                "Bytes", "CMutexAnnotations", "Datasets", "Platform", "Server", "SessionSupport", "Settings",
                "TestSupport", logging,
            ], path: "Tests/ServerTrial", swiftSettings: strict),

        // Makes databases as others make them, for the engine to read.
        .target(
            name: "CRocksDBFixtures", path: "Tests/CRocksDBFixtures", linkerSettings: [.linkedLibrary("rocksdb")]),
        .testTarget(name: "BytesTests", dependencies: ["Bytes", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "StorageTests", dependencies: ["Storage", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "SettingsTests", dependencies: ["Settings"], swiftSettings: strict),
        .testTarget(name: "ServerLogTests", dependencies: ["ServerLog", logging], swiftSettings: strict),
        .testTarget(name: "PlatformTests", dependencies: ["Bytes", "Platform"], swiftSettings: strict),
        .testTarget(
            name: "DatasetsTests", dependencies: ["Datasets", "Platform", "Storage", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "RemoteStorageTests", dependencies: ["Datasets", "Platform", "RemoteStorage"], swiftSettings: strict),
        .testTarget(
            name: "RocksDBStorageTests",
            dependencies: ["CRocksDBFixtures", "Platform", "RocksDBStorage", "Storage", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "PackedStorageTests",
            dependencies: ["Bytes", "PackedStorage", "Platform", "Storage", "TestSupport"], exclude: ["Golden"],
            swiftSettings: strict),
        .testTarget(name: "ExpositionTests", dependencies: ["Exposition"], swiftSettings: strict),
        .testTarget(name: "TLSTests", dependencies: ["Bytes", "CSSL", "Platform", "TLS"], swiftSettings: strict),
        .testTarget(name: "HTTPTests", dependencies: ["Bytes", "HTTP", "Platform"], swiftSettings: strict),
        .testTarget(name: "TracingTests", dependencies: ["Platform", "Tracing"], swiftSettings: strict),
        .testTarget(name: "RESPTests", dependencies: ["Bytes", "RESP", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "RedisClientTests",
            dependencies: ["Bytes", "Platform", "RESP", "RedisClient", "TLS", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "CommandsTests",
            dependencies: [
                "Bytes", "Commands", "Datasets", "RESP", "ServerMetrics", "SessionSupport", "Storage", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "Commands", "Datasets", "Platform", "Server", "SessionSupport", "Settings", "Storage", "TestSupport",
                logging,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "AdministrationTests",
            dependencies: [
                "Administration", "Commands", "Datasets", "Exposition", "HTTP", "Platform", "Server", "ServerMetrics",
                "Settings",
                "Storage", "TestSupport", "Versions", logging,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "VersionsTests",
            dependencies: [
                "Commands", "Datasets", "Platform", "ServerMetrics", "Settings", "Storage", "TestSupport", "Versions",
                logging,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SyncTests",
            dependencies: [
                "Datasets", "Exposition", "Platform", "RESP", "RedisClient", "RemoteStorage", "Sync", logging,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "AlmanacTests", dependencies: ["almanac", "Datasets", "Settings", argumentParser],
            swiftSettings: strict),
        .testTarget(
            name: "DatasetInspectionTests",
            dependencies: ["Bytes", "DatasetInspection", "Datasets", "RedisClient", "Storage", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "DatasetBuildTests",
            dependencies: [
                "Bytes", "CRocksDBFixtures", "CZlib", "CZstd", "DatasetBuild", "Datasets", "PackedStorage", "Platform",
                "RocksDBStorage", "Storage", "TestSupport",
            ],
            swiftSettings: strict),
    ],
    cxxLanguageStandard: .cxx17
)
