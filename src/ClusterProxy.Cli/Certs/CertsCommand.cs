using System.CommandLine;

namespace ClusterProxy.Cli.Certs;

/// <summary><c>clusterproxy certs</c>: makes a PKI of files, rotates it and looks at certificates.</summary>
internal static class CertsCommand
{
    public static Command Create(TimeProvider time) => new("certs", "Create and rotate development certificates, and inspect any certificate")
    {
        CertsDevCommand.Create(time),
        CertsRotateCommand.Create(time),
        CertsInspectCommand.Create(time),
    };
}
