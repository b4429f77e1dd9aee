internal import Datasets

/// What a pointer asks for, given what is here.
enum NextStep: Sendable, Equatable {
    /// The version announced is current.
    case settled
    /// Another version is to stay.
    case pinned(Pin)
    /// The version announced was refused once, and is not tried again by itself.
    case refused(Refusal)
    /// The version is here already: a publisher that goes back, or a process that was killed before its last step.
    case flip
    case download

    init(announced: String, current: String?, isHere: Bool, refusal: Refusal?, pin: Pin?) {
        if let pin, pin.versionID != announced {
            self = .pinned(pin)
        } else if let refusal {
            self = .refused(refusal)
        } else if announced == current {
            self = .settled
        } else {
            self = isHere ? .flip : .download
        }
    }
}
