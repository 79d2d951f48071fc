using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>A frontend policy's file.</summary>
/// <param name="File">The file.</param>
/// <param name="Policy">Null when it cannot be used.</param>
/// <param name="Fault">Why not.</param>
internal sealed record PolicyFacts(FlagFile File, FrontendPolicy? Policy, Fault? Fault)
{
    public static PolicyFacts Read(FlagFile file)
    {
        try
        {
            return new PolicyFacts(file, FrontendPolicyFile.Parse(file, file.Read()), null);
        }
        catch (StartupException e)
        {
            return new PolicyFacts(file, null, new Fault("bad_policy", e.Message, "mend the file; a server that runs keeps its last good rules until then, and one that starts does not start"));
        }
    }
}
