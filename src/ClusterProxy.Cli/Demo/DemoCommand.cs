using System.CommandLine;
using ClusterProxy.Cli.Demo.Views;
using Spectre.Console;

namespace ClusterProxy.Cli.Demo;

/// <summary><c>clusterproxy demo</c>.</summary>
internal static class DemoCommand
{
    public static Command Create(TimeProvider time)
    {
        var bytes = new Option<long>("--bytes")
        {
            Description = "Bytes to download and to upload.",
            DefaultValueFactory = static _ => DemoSettings.DefaultBytes,
            HelpName = "n",
        };
        bytes.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!long.TryParse(result.Tokens[0].Value, out var value) || value < 1))
            {
                result.AddError($"--bytes={result.Tokens[0].Value}: write a number of bytes from 1 up, such as 1048576");
            }
        });
        var timeout = new Option<int>("--timeout")
        {
            Description = "Seconds that all steps together may take.",
            DefaultValueFactory = static _ => (int)new DemoSettings().Timeout.TotalSeconds,
            HelpName = "seconds",
        };
        timeout.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, out var value) || value < 1))
            {
                result.AddError($"--timeout={result.Tokens[0].Value}: write a number of seconds from 1 up, such as 120");
            }
        });
        var plain = new Option<bool>("--plain") { Description = "A line a step, as when the output is no terminal." };
        var keep = new Option<bool>("--keep") { Description = "Leave everything running afterwards and print commands for another terminal." };
        var command = new Command(
            "demo",
            "Starts a proxy-server, two agents, an API behind each and a gateway on this machine, and sends real work through the tunnel. "
            + "Exit code 0 only if every step did what it claims.\n\n"
            + "Examples:\n  clusterproxy demo\n  clusterproxy demo --keep\n  clusterproxy demo --bytes 1048576 --plain")
        {
            bytes, timeout, plain, keep,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // Signals are listened to only once this method has returned to its caller.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var settings = new DemoSettings
            {
                Bytes = parsed.GetValue(bytes),
                Timeout = TimeSpan.FromSeconds(parsed.GetValue(timeout)),
                Keep = parsed.GetValue(keep),
            };
            IDemoView view = parsed.GetValue(plain) || Console.IsOutputRedirected
                ? new PlainView(Console.Out)
                : new LiveView(AnsiConsole.Console);
            return await new DemoRun(settings, view, time).RunAsync(cancellationToken);
        });
        return command;
    }
}
