import Bytes
import TestSupport
import Testing

@Suite struct FlatArrayTests {
    @Test("A flat array holds what a plain one would, whatever is done to it", arguments: 1...10)
    func modelled(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var array = FlatArray<UInt32>(capacity: random.pick(0...3))
        var model: [UInt32] = []
        for step in 0..<500 {
            switch random.pick(0...9) {
            case 0...6:
                array.append(UInt32(step))
                model.append(UInt32(step))
            case 7:
                guard !model.isEmpty else { continue }
                let place = random.pick(0...model.count - 1)
                array[place] = 7
                model[place] = 7
            case 8 where random.oneIn(8):
                array.removeAll()
                model = []
            case 9 where random.oneIn(8):
                array.release()
                model = []
                let capacity = array.capacity
                #expect(capacity == 0)
            default: break
            }
            let (count, isEmpty, capacity) = (array.count, array.isEmpty, array.capacity)
            #expect(count == model.count)
            #expect(isEmpty == model.isEmpty)
            #expect(capacity >= count)
            var elements: [UInt32] = []
            for index in array.indices { elements.append(array[index]) }
            #expect(elements == model)
            elements = []
            for index in array.span.indices { elements.append(array.span[index]) }
            #expect(elements == model)
        }
    }

    @Test("Nothing is allocated before the first element, and dropping the elements keeps the memory")
    func memory() {
        var array = FlatArray<Int>()
        array.removeAll()
        let first = array.capacity
        #expect(first == 0)
        for number in 0..<100 { array.append(number) }
        let filled = array.capacity
        array.removeAll()
        let (count, kept) = (array.count, array.capacity)
        #expect(count == 0)
        #expect(kept == filled)
    }

    @Test("An index outside stops the process rather than read what is there")
    func outside() async {
        await #expect(processExitsWith: .failure) {
            var array = FlatArray<Int>(capacity: 4)
            array.append(1)
            _ = array[1]
        }
        await #expect(processExitsWith: .failure) {
            var array = FlatArray<Int>(capacity: 4)
            array.append(1)
            array[-1] = 2
        }
    }
}
