import Testing

@testable import Sync

@Suite("When the source is asked again")
struct PollScheduleTests {
    @Test("After a success, the interval, give or take a tenth")
    func success() {
        var schedule = PollSchedule(interval: .seconds(10))
        #expect(schedule.pause(hasFailed: false, jitter: 0) == .seconds(10))
        #expect(schedule.pause(hasFailed: false, jitter: 1) == .seconds(11))
        #expect(schedule.pause(hasFailed: false, jitter: -1) == .seconds(9))
        #expect(schedule.pause(hasFailed: false, jitter: -40) == .seconds(9))
    }

    @Test("After failures, twice as long each time, up to five minutes; one success ends that")
    func failures() {
        var schedule = PollSchedule(interval: .seconds(15))
        let pauses = (0..<7).map { _ in schedule.pause(hasFailed: true, jitter: 0) }
        #expect(pauses == [15, 30, 60, 120, 240, 300, 300].map { .seconds($0) })
        #expect(schedule.failureCount == 7)
        #expect(schedule.pause(hasFailed: false, jitter: 0) == .seconds(15))
        #expect(schedule.pause(hasFailed: true, jitter: 0) == .seconds(15))
    }

    @Test("An interval above five minutes is never shortened")
    func longInterval() {
        var schedule = PollSchedule(interval: .seconds(3600))
        for _ in 0..<100 { #expect(schedule.pause(hasFailed: true, jitter: 0) == .seconds(3600)) }
    }
}
