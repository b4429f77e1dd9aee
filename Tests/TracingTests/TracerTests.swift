import Testing
import Tracing

@Suite struct TracerTests {
    @Test("Nothing is kept while no trace is taken")
    func off() {
        let tracer = Tracer()
        let track = tracer.makeTrack("loop")
        track.add(TraceEvent(.turn, from: 1, to: 2))
        tracer.note("connections", 3)
        #expect(!tracer.isArmed)
        #expect(tracer.begin(sampleInterval: 7))
        #expect(tracer.isArmed && tracer.sampleInterval == 7)
        let trace = tracer.end()
        #expect(trace.tracks.map(\.events.count) == [0])
        #expect(trace.counts.isEmpty && trace.episodes.isEmpty)
        track.add(TraceEvent(.turn, from: 1, to: 2))
        #expect(tracer.begin(sampleInterval: 0))
        #expect(tracer.end().tracks.map(\.events.count) == [0])
    }

    @Test("One trace is taken at a time")
    func once() {
        let tracer = Tracer()
        #expect(tracer.begin(sampleInterval: 1))
        #expect(!tracer.begin(sampleInterval: 2))
        #expect(tracer.sampleInterval == 1)
        _ = tracer.end()
        #expect(tracer.begin(sampleInterval: 2))
        _ = tracer.end()
    }

    @Test("The latest events stay, in order, and the others are counted")
    func ring() {
        let tracer = Tracer()
        let track = tracer.makeTrack("loop")
        #expect(tracer.begin(sampleInterval: 0))
        let kept = 1 << 16
        for number in 0..<kept + 1_000 { track.add(TraceEvent(.turn, from: UInt64(number), to: UInt64(number + 1))) }
        let trace = tracer.end()
        #expect(trace.tracks[0].droppedCount == 1_000)
        #expect(trace.tracks[0].events.map(\.start) == (1_000..<UInt64(kept + 1_000)).map { $0 })
    }

    @Test("Many threads share the memory of one trace")
    func shares() {
        let tracer = Tracer()
        let tracks = (0..<64).map { tracer.makeTrack("\($0)") }
        #expect(tracer.begin(sampleInterval: 0))
        for track in tracks {
            for number in 0..<8_000 { track.add(TraceEvent(.turn, from: UInt64(number), to: UInt64(number))) }
        }
        let trace = tracer.end()
        #expect(trace.tracks.reduce(0) { $0 + $1.events.count } == 1 << 18)
        for track in trace.tracks {
            #expect(track.events.count >= (1 << 17) / 64 && track.events.count + track.droppedCount == 8_000)
            #expect(track.events.last?.start == 7_999)
            #expect(zip(track.events, track.events.dropFirst()).allSatisfy { $0.start + 1 == $1.start })
        }
    }

    @Test("Names get numbers, and no more of them than a few")
    func names() {
        let tracer = Tracer()
        #expect(tracer.number(of: "a") == 0 && tracer.number(of: "b") == 1 && tracer.number(of: "a") == 0)
        for number in 0..<1_000 { _ = tracer.number(of: "\(number)") }
        #expect(tracer.begin(sampleInterval: 0))
        #expect(tracer.end().names.count == 256)
    }

    @Test("Whoever takes a trace is told that the server ends")
    func cancellation() {
        let tracer = Tracer()
        #expect(!tracer.isCancelled)
        tracer.cancel()
        #expect(tracer.isCancelled)
    }
}
