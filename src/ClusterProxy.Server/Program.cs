using ClusterProxy.Hosting.Shutdown;
using ClusterProxy.Hosting.Transport;
using ClusterProxy.Server;

var commandLine = ProxyServerFlags.Parse(args, Environment.GetEnvironmentVariable);
if (!commandLine.ShouldRun)
{
    return commandLine.Print(Console.Out, Console.Error);
}

InlineSocketCompletions.Enable();
return await ServingProgram.RunAsync(commandLine.Options.Verbosity, async (logging, signals) =>
{
    await using var server = await ProxyServerHost.StartAsync(commandLine.Options, logging, TimeProvider.System, signals.Token);
    await signals.Requested;
    await server.ShutdownAsync();
});
