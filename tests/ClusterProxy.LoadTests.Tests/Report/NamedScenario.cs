using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Scenarios;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Tests.Report;

/// <summary>A scenario whose results the test makes up.</summary>
internal sealed class NamedScenario(string name) : Scenario(name)
{
    public override string Unit => "MB/s";

    public override Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
