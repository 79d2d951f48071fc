using System.CommandLine;
using ClusterProxy.Cli.Certs;

var root = new RootCommand("Reach TCP services in managed clusters, and look after the proxy that does it")
{
    CertsCommand.Create(TimeProvider.System),
};
return root.Parse(args).Invoke();
