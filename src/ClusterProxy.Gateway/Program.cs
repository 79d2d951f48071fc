using ClusterProxy.Gateway;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Logging;
using ClusterProxy.Hosting.Shutdown;

var commandLine = ClusterGatewayFlags.Parse(args, Environment.GetEnvironmentVariable);
if (!commandLine.ShouldRun)
{
    return commandLine.Print(Console.Out, Console.Error);
}

await using var signals = TerminationSignals.Listen();
using var logging = LoggerFactory.Create(builder => builder.AddStandardError(commandLine.Options.Verbosity));
try
{
    await using var gateway = await GatewayHost.StartAsync(commandLine.Options, logging, TimeProvider.System, signals.Token);
    await signals.Requested;
    await gateway.ShutdownAsync();
    return 0;
}
catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
{
    return 0;
}
catch (StartupException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
