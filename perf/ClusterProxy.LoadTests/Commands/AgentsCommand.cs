using System.CommandLine;
using System.Globalization;
using ClusterProxy.Hosting.Logging;
using ClusterProxy.Hosting.Transport;
using ClusterProxy.LoadTests.Targets;
using ClusterProxy.Testing;
using ClusterProxy.Testing.Agents;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.LoadTests.Commands;

/// <summary>
/// <c>agents</c>: the agents of a scenario with their target, in a process of their own. Each line of standard input, a cluster and a port,
/// starts one; the end of input ends all. Nothing is said but what is a defect.
/// </summary>
internal static class AgentsCommand
{
    public const string Name = "agents";
    public const string AuthorityOption = "--authority";
    public const string CertificateOption = "--certificate";
    public const string KeyOption = "--key";

    public static Command Create()
    {
        var authority = new Option<string>(AuthorityOption) { Required = true };
        var certificate = new Option<string>(CertificateOption) { Required = true };
        var key = new Option<string>(KeyOption) { Required = true };
        var command = new Command(Name, "The agents of other commands.") { authority, certificate, key };
        command.Hidden = true;
        command.SetAction((result, cancellationToken) => RunAsync(
            result.GetRequiredValue(authority), result.GetRequiredValue(certificate), result.GetRequiredValue(key), cancellationToken));
        return command;
    }

    private static async Task RunAsync(string authority, string certificate, string key, CancellationToken cancellationToken)
    {
        InlineSocketCompletions.Enable();
        using var ports = new FreePorts();
        await using var target = new LoadTarget(ports.Next());
        using var logging = LoggerFactory.Create(static l => l.AddStandardError(0).SetMinimumLevel(LogLevel.Error));
        await using var agents = new LightAgents(authority, certificate, key, target.EndPoint, logging.CreateLogger(Name));
        while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
        {
            var words = line.Split(' ');
            agents.Start(words[0], int.Parse(words[1], CultureInfo.InvariantCulture));
        }
    }
}
