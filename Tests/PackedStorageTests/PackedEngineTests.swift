import Foundation
import PackedStorage
import Storage
import TestSupport
import Testing

@Suite struct PackedEngineTests {
    @Test(arguments: EngineConformance.all)
    func `The packed engine does what every engine must`(conformance: EngineConformance) throws {
        for segmentCount in [1, 16] {
            let version = try PackedVersion(conformance.entries, segmentCount: segmentCount)
            for residency in PackedOptions.Residency.allCases {
                let engine = try version.open(PackedOptions(residency: residency))
                #expect(try conformance.failures(of: engine) == [], "\(residency), unloaded")
                try engine.load(while: { true })
                #expect(try conformance.failures(of: engine) == [], "\(residency)")
            }
        }
    }
}
