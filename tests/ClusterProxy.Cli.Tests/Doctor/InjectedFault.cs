namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>One thing that is wrong, and how it must be recognised.</summary>
/// <param name="Name">For the list of tests.</param>
/// <param name="Id">The check that finds it.</param>
/// <param name="Fault">What the check calls it.</param>
/// <param name="Result"><c>failed</c> or <c>warning</c>.</param>
/// <param name="ArrangeAsync">Makes it so, and gives doctor's arguments.</param>
public sealed record InjectedFault(string Name, string Id, string Fault, string Result, Func<FaultBench, Task<string[]>> ArrangeAsync)
{
    public static InjectedFault Failed(string name, string id, string fault, Func<FaultBench, string[]> arrange) =>
        new(name, id, fault, "failed", bench => Task.FromResult(arrange(bench)));

    public static InjectedFault Failed(string name, string id, string fault, Func<FaultBench, Task<string[]>> arrange) => new(name, id, fault, "failed", arrange);

    public static InjectedFault Warning(string name, string id, string fault, Func<FaultBench, string[]> arrange) =>
        new(name, id, fault, "warning", bench => Task.FromResult(arrange(bench)));

    public static InjectedFault Warning(string name, string id, string fault, Func<FaultBench, Task<string[]>> arrange) => new(name, id, fault, "warning", arrange);
}
