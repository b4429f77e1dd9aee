import Storage
import TestSupport
import Testing

@Suite struct MemoryEngineTests {
    @Test(arguments: EngineConformance.all) func `The engine in memory does what every engine must`(
        conformance: EngineConformance
    ) throws {
        #expect(try conformance.failures(of: MemoryEngine(conformance.entries)) == [])
    }

    @Test(arguments: EngineConformance.all) func `It also does so when it walks by position`(
        conformance: EngineConformance
    ) throws {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.isOrdered = false
        #expect(try conformance.failures(of: MemoryEngine(conformance.entries, behaviour: behaviour)) == [])
    }

    @Test func `A cold key would block until it has been read from anywhere`() {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.coldKeys = [[1]]
        let engine = MemoryEngine([[1]: [2]], behaviour: behaviour)
        var batch = engine.makeBatch()
        let key: [UInt8] = [1]
        _ = batch.append(key.span)
        engine.lookUp(&batch, in: 0..<1, tier: .resident)
        #expect(batch.outcome(at: 0) == .wouldBlock)
        engine.lookUp(&batch, in: 0..<1, tier: .anywhere)
        #expect(batch.outcome(at: 0) == .hit)
        _ = batch.append(key.span)
        engine.lookUp(&batch, in: 0..<2, tier: .resident)
        #expect(batch.outcome(at: 1) == .hit)
    }
}
