namespace ClusterProxy.LoadTests.Measuring;

/// <param name="Seconds">Length of the window as it was.</param>
/// <param name="Count">What the counter moved by.</param>
/// <param name="ProxyCpuSeconds">CPU time of the processes under test.</param>
/// <param name="LoadCpuSeconds">CPU time of this process: generator and targets.</param>
/// <param name="ResidentBytes">Of the processes under test, as the window closed.</param>
internal sealed record WindowFigures(double Seconds, long Count, double ProxyCpuSeconds, double LoadCpuSeconds, long ResidentBytes)
{
    public double PerSecond => Count / Seconds;
}
