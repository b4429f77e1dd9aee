import Bytes

/// A trace in the JSON form that `chrome://tracing` and Perfetto read ("Trace Event Format", JSON object format).
///
/// Spans of a thread are complete events (`X`), requests, which overlap, nested asynchronous ones (`b` and `e`), counts
/// counters (`C`); times are microseconds since the trace began.
public struct ChromeTrace: ~Copyable {
    private var output = ByteBuffer()
    private let trace: Trace
    private let commandName: (Int) -> String
    private var isFirst = true
    private var requestCount = 0

    /// The whole of it.
    ///
    /// - Parameters:
    ///   - trace: What to write.
    ///   - version: Of the program.
    ///   - commandName: The name of the command that a ``TraceEvent/Kind/request`` is of.
    /// - Returns: A JSON object.
    public static func bytes(_ trace: Trace, version: String, commandName: @escaping (Int) -> String) -> [UInt8] {
        var writer = Self(trace, commandName)
        writer.write(version: version)
        return writer.output.span.copied()
    }

    private init(_ trace: Trace, _ commandName: @escaping (Int) -> String) {
        self.trace = trace
        self.commandName = commandName
    }

    private mutating func write(version: String) {
        output.append(#"{"displayTimeUnit":"ns","traceEvents":["#)
        writeName("process_name", of: 0, "almanac")
        for (place, track) in trace.tracks.enumerated() {
            writeName("thread_name", of: place + 1, track.name)
            for event in track.events { write(event, thread: place + 1) }
            if track.droppedCount > 0 {
                begin("i", "dropped \(track.droppedCount) older events", thread: place + 1, at: trace.startedAt)
                output.append(#","s":"t","args":{"count":\#(track.droppedCount)}}"#)
            }
        }
        writeEpisodes()
        for count in trace.counts {
            begin("C", count.name, thread: 0, at: count.time)
            output.append(#","args":{"count":\#(count.count)}}"#)
        }
        let dropped = trace.tracks.reduce(0) { $0 + $1.droppedCount }
        output.append(#"],"otherData":{"program":"almanac","version":"#)
        string(version)
        output.append(#","nanoseconds":\#(trace.endedAt - trace.startedAt),"dropped":\#(dropped)}}"#)
    }

    private mutating func write(_ event: TraceEvent, thread: Int) {
        switch event.kind {
        case .wait: span("wait", event, thread, [])
        case .turn: span("turn", event, thread, [("events", event.first)])
        case .receive: span("receive", event, thread, [("connections", event.first)])
        case .lookUp: span("look-up", event, thread, [("keys", event.first)])
        case .answer: span("answer", event, thread, [("connections", event.first)])
        case .send: span("send", event, thread, [("sends", event.first), ("bytes", event.second)])
        case .adopt:
            begin("i", "adopt versions", thread: thread, at: event.start)
            output.append(#","s":"t"}"#)
        case .job:
            let name = trace.names.indices ~= event.first ? trace.names[event.first] : "job"
            span(name, event, thread, [("waited_ns", event.second)])
        case .request: write(request: event, thread)
        }
    }

    private mutating func span(_ name: String, _ event: TraceEvent, _ thread: Int, _ details: [(String, Int)]) {
        begin("X", name, thread: thread, at: event.start)
        duration(from: event.start, to: event.end)
        numbers(details)
    }

    /// A request with its parts: what it waited for first, the look-up of its keys, and the way to its client.
    private mutating func write(request: TraceEvent, _ thread: Int) {
        requestCount += 1
        let lookUp = (start: max(request.lookUpStart, request.start), end: min(request.lookUpEnd, request.end))
        let parts = [
            (commandName(request.first), request.start, request.end), ("queue", request.start, lookUp.start),
            ("look-up", lookUp.start, lookUp.end), ("answer", lookUp.end, request.end),
        ]
        for (index, (name, start, end)) in parts.enumerated() where start <= end {
            begin("b", name, thread: thread, at: start)
            output.append(#","cat":"request","id":\#(requestCount)"#)
            numbers(index == 0 ? [("keys", request.second), ("client", request.third)] : [])
            guard index > 0 else { continue }
            endRequestPart(name, thread, at: end)
        }
        endRequestPart(parts[0].0, thread, at: request.end)
    }

    private mutating func endRequestPart(_ name: String, _ thread: Int, at time: UInt64) {
        begin("e", name, thread: thread, at: time)
        output.append(#","cat":"request","id":\#(requestCount)}"#)
    }

    /// Each place has a thread of its own in the picture.
    private mutating func writeEpisodes() {
        var places: [String] = []
        for episode in trace.episodes {
            if !places.contains(episode.place) {
                places.append(episode.place)
                writeName("thread_name", of: trace.tracks.count + places.count, episode.place)
            }
            let thread = trace.tracks.count + (places.firstIndex(of: episode.place) ?? 0) + 1
            guard let first = episode.parts.first, let last = episode.parts.last else { continue }
            begin("X", episode.name, thread: thread, at: first.start)
            duration(from: first.start, to: last.end)
            output.append(#","args":{"#)
            for (index, detail) in episode.details.enumerated() {
                if index > 0 { output.append(",") }
                string(detail.name)
                output.append(":")
                string(detail.value)
            }
            output.append("}}")
            for part in episode.parts {
                begin("X", part.name, thread: thread, at: part.start)
                duration(from: part.start, to: part.end)
                output.append("}")
            }
        }
    }

    private mutating func writeName(_ kind: String, of thread: Int, _ name: String) {
        begin("M", kind, thread: thread, at: trace.startedAt)
        output.append(#","args":{"name":"#)
        string(name)
        output.append("}}")
        guard thread > 0 else { return }
        begin("M", "thread_sort_index", thread: thread, at: trace.startedAt)
        output.append(#","args":{"sort_index":\#(thread)}}"#)
    }

    // MARK: Pieces

    private mutating func begin(_ phase: String, _ name: String, thread: Int, at time: UInt64) {
        output.append(isFirst ? #"{"ph":""# : ",\n{\"ph\":\"")
        isFirst = false
        output.append(phase)
        output.append(#"","name":"#)
        string(name)
        output.append(#","pid":1,"tid":\#(thread),"ts":"#)
        microseconds(time > trace.startedAt ? time - trace.startedAt : 0)
    }

    private mutating func duration(from start: UInt64, to end: UInt64) {
        output.append(#","dur":"#)
        let start = max(start, trace.startedAt)
        microseconds(end > start ? end - start : 0)
    }

    private mutating func numbers(_ details: [(String, Int)]) {
        output.append(#","args":{"#)
        for (index, (name, value)) in details.enumerated() {
            output.append(#"\#(index > 0 ? "," : "")"\#(name)":\#(value)"#)
        }
        output.append("}}")
    }

    private mutating func microseconds(_ nanoseconds: UInt64) {
        output.append(decimal: UInt(nanoseconds / 1_000))
        output.append(".")
        let fraction = nanoseconds % 1_000
        if fraction < 100 { output.append("0") }
        if fraction < 10 { output.append("0") }
        output.append(decimal: UInt(fraction))
    }

    private mutating func string(_ text: String) {
        output.append("\"")
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output.append("\\\"")
            case "\\": output.append("\\\\")
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                output.append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: output.append(String(scalar))
            }
        }
        output.append("\"")
    }
}
