namespace ClusterProxy.LoadTests.Measuring;

/// <summary>What a group of processes has used and holds, their children included.</summary>
/// <param name="CpuSeconds">User and system time since the start of each process.</param>
/// <param name="ResidentBytes">Resident set, summed; pages that processes share count more than once.</param>
/// <param name="Handles">Open file descriptors.</param>
internal readonly record struct ProcessUse(double CpuSeconds, long ResidentBytes, int Handles)
{
    public static ProcessUse operator +(ProcessUse left, ProcessUse right) =>
        new(left.CpuSeconds + right.CpuSeconds, left.ResidentBytes + right.ResidentBytes, left.Handles + right.Handles);

    public static ProcessUse Add(ProcessUse left, ProcessUse right) => left + right;
}
