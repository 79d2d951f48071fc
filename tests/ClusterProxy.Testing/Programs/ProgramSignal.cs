namespace ClusterProxy.Testing.Programs;

/// <summary>Signals by their number, equal on Linux and macOS.</summary>
public enum ProgramSignal
{
    Interrupt = 2,
    Kill = 9,
    Terminate = 15,
}
