using System.CommandLine;

namespace ClusterProxy.LoadTests.Gateway;

/// <summary><c>gateway</c>: what a managed cluster's API costs through gateway and tunnel, beside the same requests straight to it.</summary>
internal static class GatewayCommand
{
    public static Command Create()
    {
        var parts = new Option<string[]>("--part") { Description = "Only these parts.", AllowMultipleArgumentsPerToken = true };
        parts.AcceptOnlyFromAmong([.. GatewayParts.All.Select(static p => p.Name)]);
        var seconds = new Option<double>("--seconds") { Description = "What one rate is measured over.", DefaultValueFactory = static _ => 3 };
        var large = new Option<bool>("--large") { Description = "Watches for ten minutes in place of one." };
        var command = new Command("gateway", "Measure requests, watches, lists, execs and the catalogue through cluster-gateway.") { parts, seconds, large };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var chosen = parsed.GetValue(parts) is { Length: > 0 } names ? names : [.. GatewayParts.All.Select(static p => p.Name)];
            var settings = new GatewaySettings(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(large));
            await using var rig = await GatewayRig.StartAsync(cancellationToken);
            var missed = 0;
            Console.WriteLine("| part | figure | value | required |\n| --- | --- | --- | --- |");
            foreach (var part in GatewayParts.All.Where(p => chosen.Contains(p.Name)))
            {
                foreach (var figure in await part.RunAsync(rig, settings, cancellationToken))
                {
                    missed += figure.IsMet ? 0 : 1;
                    Console.WriteLine($"| {part.Name} | {figure} |");
                }
            }

            return missed == 0 ? 0 : 1;
        });
        return command;
    }
}
