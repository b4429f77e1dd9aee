import CLinux
import Glibc

/// What this process may do beyond what its user may.
public enum Privileges {
    /// A user that the process can become.
    public struct Account: Sendable, Equatable {
        public let user: UInt32
        public let group: UInt32

        /// `nil` where there is no such user, or it is root, or root's group is its own.
        ///
        /// - Parameter text: A user's name, or a number, whose group is the same number where no user has it.
        public init?(_ text: String) {
            var entry = unsafe passwd()
            var found: UnsafeMutablePointer<passwd>?
            var buffer = [CChar](repeating: 0, count: 16 << 10)
            if let number = UInt32(text) {
                _ = unsafe getpwuid_r(number, &entry, &buffer, buffer.count, &found)
                self.init(user: number, group: unsafe found?.pointee.pw_gid ?? number)
            } else {
                _ = unsafe getpwnam_r(text, &entry, &buffer, buffer.count, &found)
                guard let found = unsafe found else { return nil }
                self.init(user: unsafe found.pointee.pw_uid, group: unsafe found.pointee.pw_gid)
            }
        }

        /// `nil` for root, and for who is in root's group, which much of a system is open to.
        init?(user: UInt32, group: UInt32) {
            // The number -1 means "as it is" to the kernel.
            guard user != 0, group != 0, user != .max, group != .max else { return nil }
            self.user = user
            self.group = group
        }
    }

    public static var isRoot: Bool { geteuid() == 0 }

    /// The user that this process acts as.
    public static var user: UInt32 { geteuid() }

    /// Becomes `account` for good: with its group, no other groups and no capabilities.
    ///
    /// To be called by root before any thread is started, as capabilities are each thread's own.
    ///
    /// - Throws: `EPERM` where this process is not root.
    public static func become(_ account: Account) throws(SystemError) {
        try check("setresuid") { clinux_become(account.user, account.group) }
        precondition(geteuid() == account.user && getegid() == account.group && setuid(0) == -1)
    }

    /// Sees to it that no program that this thread, or one that it starts from now on, starts is given more power
    /// than this process has, whoever owns the program.
    public static func forbidMore() throws(SystemError) {
        try check("prctl") { clinux_forbid_new_privileges() }
    }
}
