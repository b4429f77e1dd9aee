import ServerMetrics
import Testing

@Suite("Latency histograms")
struct LatencyHistogramTests {
    @Test("Every time is in the bucket whose bounds are around it, and no bucket is wider than 1/32 of its times")
    func buckets() {
        var times: [UInt64] = Array(0...5_000)
        for power in 12..<36 {
            for step in 0..<67 { times.append((1 << power) + UInt64(step) * (1 << power) / 67) }
            times += [(1 << power) - 1, 1 << power, (1 << power) + 1]
        }
        for time in times {
            let bucket = LatencyHistogram.bucket(of: time)
            let upper = LatencyHistogram.upperBound(of: bucket)
            let lower = bucket > 0 ? LatencyHistogram.upperBound(of: bucket - 1) : 0
            #expect(lower < max(time, 1) && max(time, 1) <= upper)
            #expect((upper - lower - 1) * 32 <= upper)
        }
    }

    @Test("The bounds ascend up to a power of two, and whatever is longer is in the last bucket")
    func bounds() {
        for bucket in 1..<LatencyHistogram.bucketCount {
            #expect(LatencyHistogram.upperBound(of: bucket - 1) < LatencyHistogram.upperBound(of: bucket))
        }
        #expect(LatencyHistogram.upperBound(of: LatencyHistogram.bucketCount - 1) == 1 << 36)
        #expect(LatencyHistogram.bucket(of: 1 << 36) == LatencyHistogram.bucketCount - 1)
        #expect(LatencyHistogram.bucket(of: 1 << 36 + 1) == LatencyHistogram.bucketCount - 1)
        #expect(LatencyHistogram.bucket(of: .max) == LatencyHistogram.bucketCount - 1)
    }

    @Test("Percentiles never understate a time, and overstate none by more than 3.2 %")
    func percentiles() {
        var times = LatencyHistogram()
        #expect(times.percentile(0.5) == 0)
        times.add(98, each: 1_000)
        times.add(1, each: 33_000)
        times.add(1, each: 1_000_000)
        for (share, time) in [(0.5, 1_000), (0.98, 1_000), (0.99, 33_000), (1, 1_000_000)] {
            let percentile = times.percentile(share)
            #expect(percentile >= time && Double(percentile) <= Double(time) * 1.032)
        }
        #expect(times.nanoseconds == 98 * 1_000 + 33_000 + 1_000_000)
    }

    @Test("Counts up to a bound hold all times below it but those whose bucket reaches beyond it")
    func cumulativeCounts() {
        var times = LatencyHistogram()
        times.add(3, each: 64)
        times.add(2, each: 900)
        times.add(1, each: 1_000)
        times.add(4, each: 1_025)
        #expect(times.cumulativeCounts(upTo: [63, 64, 1_000, 1_024, 2_000, 1 << 40]) == [0, 3, 5, 6, 10, 10])
        #expect(LatencyHistogram().cumulativeCounts(upTo: [1, 2]) == [0, 0])
    }

    @Test("Counters give the same as a histogram that was told the same, and differences and sums of it")
    func counters() {
        let counters = LatencyCounters()
        var expected = LatencyHistogram()
        for time in [0, 1, 63, 64, 65, 1_000, 123_456, 1 << 36, 1 << 40] as [UInt64] {
            counters.add(2, each: time)
            expected.add(2, each: time)
        }
        let first = counters.times
        #expect(first == expected)
        #expect(first.total == 18)
        counters.add(each: 500)
        let since = counters.times.subtracting(first)
        #expect((since.total, since.nanoseconds, since.percentile(1) / 8) == (1, 500, 504 / 8))
        var sum = first
        sum += since
        #expect(sum == counters.times)
    }
}
