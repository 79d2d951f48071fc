using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Logging;
using ClusterProxy.Hosting.Shutdown;
using ClusterProxy.Hosting.Transport;
using ClusterProxy.Server;

var commandLine = ProxyServerFlags.Parse(args, Environment.GetEnvironmentVariable);
if (!commandLine.ShouldRun)
{
    return commandLine.Print(Console.Out, Console.Error);
}

InlineSocketCompletions.Enable();
await using var signals = TerminationSignals.Listen();
using var logging = LoggerFactory.Create(builder => builder.AddStandardError(commandLine.Options.Verbosity));
try
{
    await using var server = await ProxyServerHost.StartAsync(commandLine.Options, logging, TimeProvider.System, signals.Token);
    await signals.Requested;
    await server.ShutdownAsync();
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
