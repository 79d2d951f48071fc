using ClusterProxy.Gateway;
using ClusterProxy.Hosting.Shutdown;

var commandLine = ClusterGatewayFlags.Parse(args, Environment.GetEnvironmentVariable);
if (!commandLine.ShouldRun)
{
    return commandLine.Print(Console.Out, Console.Error);
}

return await ServingProgram.RunAsync(commandLine.Options.Verbosity, async (logging, signals) =>
{
    await using var gateway = await GatewayHost.StartAsync(commandLine.Options, logging, TimeProvider.System, signals.Token);
    await signals.Requested;
    await gateway.ShutdownAsync();
});
