internal import Storage

/// A walk over a dataset's rows whose failures are told with its path.
struct RowReader {
    private let walk: any RowWalk
    private let path: String

    init(_ engine: any Engine, _ path: String) throws(InspectionError) {
        self.path = path
        do throws(EngineError) {
            walk = try engine.makeRowWalk(from: .beginning)
        } catch {
            throw InspectionError(error, reading: path)
        }
    }

    /// Puts the next rows in the place of those in `page`; none are the end.
    func read(into page: inout RowPage) throws(InspectionError) {
        do throws(EngineError) {
            try walk.readRows(into: &page)
        } catch {
            throw InspectionError(error, reading: path)
        }
    }
}
