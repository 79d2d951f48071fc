using System.Text.Json;

namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>Every injected fault is recognised, by its check, with the values that matter, and with a way out.</summary>
public sealed class DoctorFaultTests(Hub hub) : IClassFixture<Hub>
{
    private static readonly InjectedFault[] Faults = [.. NetworkFaults.All, .. CertificateFaults.All, .. IdentityFaults.All, .. HealthFaults.All, .. GatewayFaults.All];

    public static TheoryData<string> Names => [.. Faults.Select(static f => f.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Fault_Injected_IsRecognised_WithCauseAndRemedy(string name)
    {
        var fault = Faults.Single(f => f.Name == name);
        await using var bench = new FaultBench(hub);
        var arguments = await fault.ArrangeAsync(bench);

        var run = await DoctorRun.OfAsync([.. arguments, "-o", "json"], bench.Time, bench.Environment.GetValueOrDefault);

        var finding = run.Find(fault.Id, fault.Fault);
        Assert.True(finding is not null, $"{fault.Id} {fault.Fault} is not in {run.Output}{run.Errors}");
        Assert.Equal(fault.Result, finding.Value.GetProperty("result").GetString());
        var (cause, remedy) = (Text(finding.Value, "cause"), Text(finding.Value, "remedy"));
        Assert.All(bench.Expected, e => Assert.Contains(e, $"{cause} {remedy}", StringComparison.Ordinal));
        Assert.NotEqual(cause, remedy);
        Assert.Equal(run.With("failed").Any() ? 1 : 0, run.ExitCode);
        Assert.DoesNotContain("s3cr3t", run.Output, StringComparison.Ordinal);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public void Faults_AreManyAndApart()
    {
        Assert.True(Faults.Length >= 85, $"only {Faults.Length} faults are injected");
        Assert.Equal(Faults.Length, Faults.Select(static f => f.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.True(Faults.Select(static f => f.Fault).Distinct(StringComparer.Ordinal).Count() >= 55);
    }

    private static string Text(JsonElement finding, string property)
    {
        var text = finding.GetProperty(property).GetString();
        Assert.False(string.IsNullOrWhiteSpace(text), $"no {property} in {finding}");
        return text!;
    }
}
