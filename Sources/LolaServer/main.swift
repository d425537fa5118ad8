// The executable: hands its arguments to LolaCore and leaves with the exit code.
import LolaCore

LolaCommand.version()
