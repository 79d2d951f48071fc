using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using ClusterProxy.Cli.Connecting;
using ClusterProxy.Cli.Kubeconfigs;
using ClusterProxy.Cli.Servers;
using ClusterProxy.Client;

namespace ClusterProxy.Cli.Kubectl;

/// <summary><c>clusterproxy kubectl</c>.</summary>
internal static class KubectlCommand
{
    private const string Entry = "clusterproxy";

    private const string Description =
        """
        Run kubectl against a managed cluster; the exit code is kubectl's. Over the gateway, through the hub's API or with
        --gateway; or with --server (or its variable) through the tunnel: kubectl then does TLS with the cluster's API itself,
        over a port on loopback that lasts as long as the command.

        kubectl gets a kubeconfig of its own, which is removed at the end and holds no secret: credentials stay in the files
        that they are in.

        Examples:
          clusterproxy kubectl alpha -- get pods -A
          clusterproxy kubectl alpha --gateway https://gateway.example.com:9443 --gateway-ca ca.crt -- exec -it web -- sh
          clusterproxy kubectl alpha --server unix:///run/proxy.sock --target-ca kube-ca.crt --token-file token -- logs -f web
        """;

    public static Command Create(TimeProvider time, Func<string, string?> environment)
    {
        var user = new UserOptions();
        var gateway = new GatewayOptions(user, environment);
        var api = new ManagedApiOptions(user);
        var server = new ServerOptions(environment, isOptional: true);
        var cluster = ClusterName.Argument();
        var arguments = new Argument<string[]>("ARGS") { Description = "What kubectl is to do, behind --", Arity = ArgumentArity.ZeroOrMore };
        var program = new Option<string>("--kubectl")
        {
            Description = "The kubectl to run",
            HelpName = "program",
            DefaultValueFactory = static _ => "kubectl",
        };
        var command = new Command("kubectl", Description) { cluster, arguments, program };
        gateway.AddTo(command);
        api.AddTo(command);
        user.AddTo(command);
        server.AddTo(command);
        command.SetAction((parsed, cancellationToken) => FailingAction.RunAsync(parsed, async () =>
        {
            var sources = gateway.Sources(parsed);
            if (gateway.IsGiven(parsed.CommandResult) || !server.IsGiven(parsed.CommandResult))
            {
                return await RunAsync(gateway.Route(parsed, parsed.GetValue(cluster)!, sources), isOwnAddress: false);
            }

            using var listener = LocalForward.Listen(new IPEndPoint(IPAddress.Loopback, 0));
            var route = api.Route(parsed, sources, ((IPEndPoint)listener.LocalEndpoint).Port);
            await using var client = server.CreateClient(parsed);
            return await WhileForwardingAsync(listener, client, () => RunAsync(route, isOwnAddress: true));

            async Task<int> RunAsync(ClusterRoute route, bool isOwnAddress)
            {
                using var folder = new PrivateFolder("clusterproxy-");
                var file = KubeconfigFile.Empty();
                route.AddTo(file, Entry, sources.Files);
                file.CurrentContext = Entry;
                var config = folder.Write("config", file.ToString());
                var variables = new List<KeyValuePair<string, string>>
                {
                    new("KUBECONFIG", string.Join(Path.PathSeparator, sources.Files.Select(static f => f.Path).Prepend(config))),
                };
                if (isOwnAddress)
                {
                    // kubectl keeps what it learnt of an API by the API's address, and this address is another one each time.
                    variables.Add(new("KUBECACHEDIR", folder.File("cache")));
                }

                return await KubectlProcess.RunAsync(parsed.GetValue(program)!, parsed.GetValue(arguments)!, variables, cancellationToken);
            }

            async Task<int> WhileForwardingAsync(TcpListener listener, TunnelClient client, Func<Task<int>> run)
            {
                using var done = new CancellationTokenSource();
                var target = new TunnelTarget(parsed.GetValue(cluster)!, ClusterTarget.ApiPort);
                var forward = new LocalForward(client, target, new TunnelRelay(time, TimeSpan.FromSeconds(10)), parsed.InvocationConfiguration.Error, time)
                    .RunAsync(listener, done.Token);
                try
                {
                    return await run();
                }
                finally
                {
                    await done.CancelAsync();
                    await forward;
                }
            }
        }));
        return command;
    }
}
