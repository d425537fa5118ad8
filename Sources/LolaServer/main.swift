// The executable: hands its arguments to LolaCore and leaves with the exit code.
import Glibc
import LolaCore

exit(LolaCommand.run())
