using ClusterProxy.Agent;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Logging;
using ClusterProxy.Hosting.Shutdown;
using ClusterProxy.Hosting.Transport;
using Microsoft.Extensions.Logging;

var commandLine = ProxyAgentFlags.Parse(args, Environment.GetEnvironmentVariable);
if (!commandLine.ShouldRun)
{
    return commandLine.Print(Console.Out, Console.Error);
}

InlineSocketCompletions.Enable();
await using var signals = TerminationSignals.Listen();
using var logging = LoggerFactory.Create(builder => builder.AddStandardError(commandLine.Options.Verbosity));
try
{
    await using var agent = await ProxyAgentHost.StartAsync(
        commandLine.Options, logging, TimeProvider.System, cancellationToken: signals.Token);
    await await Task.WhenAny(signals.Requested, agent.Completion);
    await agent.DrainAsync();
    return 0;
}
catch (StartupException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
