using System.CommandLine;

namespace ClusterProxy.Cli.Certs;

/// <summary><c>clusterproxy certs</c>: makes a development PKI and looks at certificates.</summary>
internal static class CertsCommand
{
    public static Command Create(TimeProvider time) => new("certs", "Create development certificates and inspect any certificate")
    {
        CertsDevCommand.Create(time),
        CertsInspectCommand.Create(time),
    };
}
