using System.CommandLine;
using System.Net;
using ClusterProxy.Cli.Servers;
using ClusterProxy.Client;

namespace ClusterProxy.Cli.Connecting;

/// <summary><c>clusterproxy connect</c>.</summary>
internal static class ConnectCommand
{
    private const string Description =
        """
        Connect to a target behind an agent: standard input and output, or with --listen a local port. A cluster's name alone
        means its API, port 443.

        Without --listen the command ends when the target closes the connection. When the input ends first and the target
        cannot be told so, it ends after the target has been silent for --silence.

        Examples:
          clusterproxy connect alpha --listen 8443 --server https://hub:8090 --ca ca.crt --cert me.crt --key me.key
          clusterproxy connect node1.alpha:22 --server unix:///run/clusterproxy/frontend.sock
          ssh -o ProxyCommand='clusterproxy connect %h:%p' node1.alpha
          CLUSTERPROXY_SERVER=unix:///run/proxy.sock clusterproxy connect db.alpha:5432 --listen 127.0.0.1:5432
        """;

    public static Command Create(TimeProvider time, Func<string, string?> environment, Func<(Stream Input, Stream Output)> standardStreams)
    {
        var server = new ServerOptions(environment);
        var target = new Argument<TunnelTarget[]>("TARGET")
        {
            Description = "A cluster's name, or host:port as the agent resolves it",
            HelpName = ClusterTarget.HelpName,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = ClusterTarget.ParseAll,
        };
        var listen = new Option<IPEndPoint?>("--listen", "-l")
        {
            Description = "Forward a local port; connections run side by side until Ctrl-C. Port 0 picks one",
            HelpName = "[address:]port",
            CustomParser = ListenAddress.Parse,
        };
        var silence = new Option<double>("--silence")
        {
            Description = "Seconds of silence after the end of the input",
            HelpName = "seconds",
            DefaultValueFactory = static _ => 10,
        };
        silence.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<double>() is not (> 0 and <= 86400))
            {
                result.AddError("--silence: write seconds from above 0 up to 86400");
            }
        });
        var command = new Command("connect", Description) { target, listen, silence };
        server.AddTo(command);
        command.SetAction((parsed, cancellationToken) => FailingAction.RunAsync(parsed, async () =>
        {
            await using var client = server.CreateClient(parsed);
            var relay = new TunnelRelay(time, TimeSpan.FromSeconds(parsed.GetValue(silence)));
            var to = parsed.GetValue(target)![0];
            if (parsed.GetValue(listen) is { } endPoint)
            {
                using var listener = LocalForward.Listen(endPoint);
                var log = parsed.InvocationConfiguration.Error;
                await log.WriteLineAsync($"Listening on {listener.LocalEndpoint}, forwarding to {to}; Ctrl-C ends it");
                await new LocalForward(client, to, relay, log, time).RunAsync(listener, cancellationToken);
                return ExitCodes.Success;
            }

            var (input, output) = standardStreams();
            try
            {
                await using var tunnel = await client.ConnectAsync(to, cancellationToken);
                await relay.RunAsync(input, output, tunnel, cancellationToken);
                return ExitCodes.Success;
            }
            catch (OperationCanceledException)
            {
                return ExitCodes.Failure;
            }
        }));
        return command;
    }
}
