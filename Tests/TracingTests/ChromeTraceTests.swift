import FoundationEssentials
import Testing
import Tracing

@Suite struct ChromeTraceTests {
    private struct File: Decodable {
        struct Event: Decodable {
            var ph: String
            var name: String
            var tid: Int
            var ts: Double
            var dur: Double?
            var id: Int?
        }
        struct Other: Decodable {
            var version: String
            var nanoseconds: Int
            var dropped: Int
        }

        var traceEvents: [Event]
        var otherData: Other
    }

    private func file(_ trace: Trace) throws -> File {
        let bytes = ChromeTrace.bytes(trace, version: "1.2\"3") { "command \($0)" }
        return try JSONDecoder().decode(File.self, from: Data(bytes))
    }

    private func trace(
        _ tracks: [Trace.Track] = [], episodes: [Tracer.Episode] = [], counts: [Trace.Count] = [],
        names: [String] = []
    ) -> Trace {
        Trace(
            startedAt: 1_000_000, endedAt: 3_000_000, tracks: tracks, episodes: episodes, counts: counts, names: names)
    }

    @Test("Spans have their thread, and microseconds since the beginning")
    func spans() throws {
        let events = [
            TraceEvent(.turn, from: 1_000_500, to: 1_002_001, 3),
            TraceEvent(.job, from: 1_500_000, to: 1_500_000, 1, 9),
            // Began before the trace did.
            TraceEvent(.wait, from: 0, to: 1_000_007),
        ]
        let track = Trace.Track(name: "lo\"op\n", events: events, droppedCount: 2)
        let found = try file(trace([track], names: ["x", "Walk"]))
        let spans = found.traceEvents.filter { $0.ph == "X" }
        #expect(spans.map(\.name) == ["turn", "Walk", "wait"])
        #expect(spans.map(\.ts) == [0.5, 500, 0])
        #expect(spans.map(\.dur) == [1.501, 0, 0.007])
        #expect(spans.allSatisfy { $0.tid == 1 })
        #expect(found.traceEvents.contains { $0.ph == "i" && $0.name == "dropped 2 older events" })
        #expect(found.otherData.version == "1.2\"3")
        #expect(found.otherData.nanoseconds == 2_000_000 && found.otherData.dropped == 2)
    }

    @Test("A request and its parts begin and end, also where its look-up was before or after")
    func requests() throws {
        let events = [
            TraceEvent(
                .request, from: 1_001_000, to: 1_009_000, 5, 2, 77, lookUp: (start: 1_002_000, end: 1_003_000)),
            TraceEvent(.request, from: 1_001_000, to: 1_002_000, 6, 0, 78, lookUp: (start: 1_000_500, end: 1_009_000)),
        ]
        let found = try file(trace([Trace.Track(name: "requests", events: events, droppedCount: 0)]))
        let parts = found.traceEvents.filter { $0.id == 1 }
        #expect(
            parts.map { $0.ph + $0.name } == [
                "bcommand 5", "bqueue", "equeue", "blook-up", "elook-up", "banswer", "eanswer", "ecommand 5",
            ])
        #expect(parts.map(\.ts) == [1, 1, 2, 2, 3, 3, 9, 9])
        let others = found.traceEvents.filter { $0.id == 2 }
        #expect(others.count(where: { $0.ph == "b" }) == others.count(where: { $0.ph == "e" }))
        #expect(zip(others, others.dropFirst()).allSatisfy { $0.ts <= $1.ts })
    }

    @Test("Swaps are on threads of their places, and counts are counters")
    func episodes() throws {
        func episode(_ place: String) -> Tracer.Episode {
            Tracer.Episode(
                place: place, name: "swap to B",
                parts: [
                    Tracer.Episode.Part(name: "open", start: 1_100_000, end: 1_200_000),
                    Tracer.Episode.Part(name: "adopt", start: 1_200_000, end: 1_250_000),
                ], details: [("outcome", "tab\there")])
        }
        let found = try file(
            trace(
                [Trace.Track(name: "loop", events: [], droppedCount: 0)],
                episodes: [episode("users"), episode("prices"), episode("users")],
                counts: [Trace.Count(name: "connections", time: 1_000_000, count: 3)]))
        let swaps = found.traceEvents.filter { $0.name == "swap to B" }
        #expect(swaps.map(\.tid) == [2, 3, 2])
        #expect(swaps.allSatisfy { $0.dur == 150 })
        #expect(found.traceEvents.count(where: { $0.name == "open" && $0.dur == 100 }) == 3)
        #expect(found.traceEvents.contains { $0.ph == "C" && $0.name == "connections" && $0.ts == 0 })
    }
}
