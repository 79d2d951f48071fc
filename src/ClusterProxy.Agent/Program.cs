using ClusterProxy.Agent;
using ClusterProxy.Hosting.Shutdown;
using ClusterProxy.Hosting.Transport;

var commandLine = ProxyAgentFlags.Parse(args, Environment.GetEnvironmentVariable);
if (!commandLine.ShouldRun)
{
    return commandLine.Print(Console.Out, Console.Error);
}

InlineSocketCompletions.Enable();
return await ServingProgram.RunAsync(commandLine.Options.Verbosity, async (logging, signals) =>
{
    await using var agent = await ProxyAgentHost.StartAsync(
        commandLine.Options, logging, TimeProvider.System, cancellationToken: signals.Token);
    await await Task.WhenAny(signals.Requested, agent.Completion);
    await agent.DrainAsync();
});
