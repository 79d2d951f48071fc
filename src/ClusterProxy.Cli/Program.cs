using System.CommandLine;
using ClusterProxy.Cli.Certs;
using ClusterProxy.Cli.Demo;
using ClusterProxy.Cli.Demo.Topology;

if (args is [GuardProcess.Argument])
{
    return await GuardProcess.RunAsync(Console.In, TimeProvider.System);
}

var root = new RootCommand("Reach TCP services in managed clusters, and look after the proxy that does it")
{
    CertsCommand.Create(TimeProvider.System),
    DemoCommand.Create(TimeProvider.System),
};

// What Ctrl-C and SIGTERM give a command to end in good order.
var invocation = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(6) };
return await root.Parse(args).InvokeAsync(invocation);
