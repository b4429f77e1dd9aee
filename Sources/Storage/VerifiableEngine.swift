/// An engine that can tell more of its files than that every row can be read.
public protocol VerifiableEngine: Engine {
    /// Begins a walk over every row that also checks all else there is in the files.
    ///
    /// - Throws: ``EngineError`` where they cannot be read.
    func makeVerificationWalk() throws(EngineError) -> any VerificationWalk
}

/// A walk over all rows, in any order, that goes on behind what is wrong.
public protocol VerificationWalk: RowWalk {
    /// The first things found wrong, each with its place; complete at the end of the walk.
    var problems: [String] { get }
}
