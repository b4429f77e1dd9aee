/// Which replies a client has asked not to be sent.
enum Muting {
    case none
    /// None until further notice: `CLIENT REPLY OFF`.
    case all
    /// Not the one to the next request: `CLIENT REPLY SKIP`.
    case next
    /// Not the one to the latest request, which may yet be made.
    case latest
}
