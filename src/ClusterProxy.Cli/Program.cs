using System.CommandLine;
using ClusterProxy.Cli;
using ClusterProxy.Cli.Certs;
using ClusterProxy.Cli.Completion;
using ClusterProxy.Cli.Connecting;
using ClusterProxy.Cli.Demo;
using ClusterProxy.Cli.Demo.Topology;
using ClusterProxy.Cli.Doctor;
using ClusterProxy.Cli.Health;
using ClusterProxy.Cli.Kubeconfigs;
using ClusterProxy.Cli.Kubectl;

if (args is [GuardProcess.Argument])
{
    return await GuardProcess.RunAsync(Console.In, TimeProvider.System);
}

var root = new RootCommand("Reach TCP services in managed clusters, and look after the proxy that does it")
{
    CertsCommand.Create(TimeProvider.System),
    CompletionCommand.Create(),
    ConnectCommand.Create(
        TimeProvider.System, Environment.GetEnvironmentVariable,
        static () => (new StandardInput(Console.OpenStandardInput()), Console.OpenStandardOutput())),
    DemoCommand.Create(TimeProvider.System),
    DoctorCommand.Create(TimeProvider.System, Environment.GetEnvironmentVariable),
    HealthCommand.Create(TimeProvider.System, Environment.GetEnvironmentVariable),
    KubeconfigCommand.Create(Environment.GetEnvironmentVariable),
    KubectlCommand.Create(TimeProvider.System, Environment.GetEnvironmentVariable),
};
ShortListHelp.Use(root);

// What Ctrl-C and SIGTERM give a command to end in good order.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(6) };
return await ExitCodes.RunAsync(root.Parse(args), configuration);
