using System.CommandLine;
using System.CommandLine.Parsing;
using ClusterProxy.Agent;
using ClusterProxy.Cli.Connecting;
using ClusterProxy.Cli.Servers;
using ClusterProxy.Client;
using ClusterProxy.Gateway;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Cli.Doctor;

/// <summary>The options of <c>doctor</c>. Those that name the server's or the agent's files are called as these programs call them.</summary>
internal sealed class DoctorOptions
{
    private readonly ServerOptions _server;

    private readonly Option<HostPort?> _agentAddress = new("--agent-address")
    {
        Description = "The server's agent port, as agents reach it",
        HelpName = "host:port",
        CustomParser = ParseAddress,
    };

    private readonly Option<string?> _agentCert = File("--agent-cert", "PEM certificate of an agent");
    private readonly Option<string?> _agentKey = File("--agent-key", "PEM key of that certificate");
    private readonly Option<string?> _agentCa = File("--agent-ca", "PEM authorities of the agent port's certificate (the agent's --ca-cert)");

    private readonly Option<string?> _agentIdentifiers = new("--agent-identifiers")
    {
        Description = "What that agent announces, such as host=alpha",
        HelpName = "list",
    };

    private readonly Option<Uri[]> _healthUrls = new("--health-url")
    {
        Description = "Health ports of servers and agents, such as http://hub:8092; repeatable",
        HelpName = "url",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = ParseUrls,
    };

    private readonly Option<TunnelTarget[]> _clusters = new("--cluster")
    {
        Description = "Dial this cluster's API, or host:port, through the server; repeatable",
        HelpName = ClusterTarget.HelpName,
        AllowMultipleArgumentsPerToken = true,
        CustomParser = ClusterTarget.ParseAll,
    };

    private readonly Option<string?> _policy = File("--frontend-policy", "The server's policy file: is it valid, does it allow these dials");
    private readonly Option<string?> _serverCert = File("--server-cert", "On the server's machine: certificate of its frontend port");
    private readonly Option<string?> _serverKey = File("--server-key", "Its key");
    private readonly Option<string?> _serverCa = File("--server-ca-cert", "Authorities of frontends");
    private readonly Option<string?> _clusterCert = File("--cluster-cert", "On the server's machine: certificate of its agent port");
    private readonly Option<string?> _clusterKey = File("--cluster-key", "Its key");
    private readonly Option<string?> _clusterCa = File("--cluster-ca-cert", "Authorities of agents");

    private readonly Option<Uri?> _gateway = new("--gateway")
    {
        Description = "The gateway's own address, such as https://gateway:9443",
        HelpName = "url",
        CustomParser = ParseGateway,
    };

    private readonly Option<string?> _gatewayCa = File("--gateway-ca", "PEM authorities of the gateway's certificate");
    private readonly Option<string?> _kubeconfig = File("--kubeconfig", "The hub's kubeconfig: does its API lead to the gateway, and know its authority");

    private readonly Option<string> _apiService = new("--apiservice")
    {
        Description = "Name of the gateway's APIService there",
        HelpName = "name",
        DefaultValueFactory = static _ => $"{GatewayOptions.Version}.{GatewayOptions.DefaultGroup}",
    };

    private readonly Option<double> _timeout = new("--timeout")
    {
        Description = "Seconds for each step over the network",
        HelpName = "seconds",
        DefaultValueFactory = static _ => 5,
    };

    public DoctorOptions(Func<string, string?> environment)
    {
        _server = new ServerOptions(environment, isOptional: true);
        _timeout.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<double>() is not (> 0 and <= 600))
            {
                result.AddError("--timeout: write seconds from above 0 up to 600");
            }
        });
    }

    private (Option<string?> Certificate, Option<string?> Key)[] Pairs =>
        [(_agentCert, _agentKey), (_serverCert, _serverKey), (_clusterCert, _clusterKey)];

    public void AddTo(Command command)
    {
        _server.AddTo(command);
        Option[] own =
        [
            _agentAddress, _agentCert, _agentKey, _agentCa, _agentIdentifiers, _healthUrls, _clusters, _policy,
            _serverCert, _serverKey, _serverCa, _clusterCert, _clusterKey, _clusterCa, _gateway, _gatewayCa, _kubeconfig, _apiService, _timeout,
        ];
        foreach (var option in own)
        {
            command.Options.Add(option);
        }

        command.Validators.Add(result => Validate(result, own));
    }

    public DoctorInput Read(ParseResult parsed) => new(_server.Read(parsed.CommandResult))
    {
        AgentAddress = parsed.GetValue(_agentAddress),
        AgentPair = PairOf(parsed, _agentCert, _agentKey),
        AgentCa = FileOf(parsed, _agentCa),
        AgentIdentifiers = parsed.GetValue(_agentIdentifiers),
        HealthUrls = parsed.GetValue(_healthUrls) ?? [],
        Clusters = parsed.GetValue(_clusters) ?? [],
        FrontendPolicy = FileOf(parsed, _policy),
        ServerPair = PairOf(parsed, _serverCert, _serverKey),
        ServerCa = FileOf(parsed, _serverCa),
        ClusterPair = PairOf(parsed, _clusterCert, _clusterKey),
        ClusterCa = FileOf(parsed, _clusterCa),
        Gateway = parsed.GetValue(_gateway),
        GatewayCa = FileOf(parsed, _gatewayCa),
        Kubeconfig = parsed.GetValue(_kubeconfig),
        ApiService = parsed.GetValue(_apiService)!,
        Timeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
    };

    /// <exception cref="Hosting.StartupException">A file cannot be used.</exception>
    public TunnelClient CreateClient(ParseResult parsed) => _server.CreateClient(parsed, isBrief: true);

    private void Validate(CommandResult result, Option[] own)
    {
        if (_server.Read(result).Server is null && own.All(o => o == _timeout || o == _apiService || result.GetResult(o) is null or { Implicit: true }))
        {
            result.AddError(
                $"nothing to look at: give --server (or set {ServerVariables.Server}), --agent-address, --health-url, --gateway, --kubeconfig or files; see the examples");
        }

        foreach (var (certificate, key) in Pairs)
        {
            if (result.GetResult(certificate) is null != result.GetResult(key) is null)
            {
                result.AddError($"{certificate.Name} and {key.Name} belong together: give both or neither");
            }
        }
    }

    private static Option<string?> File(string name, string description) => new(name) { Description = description, HelpName = "file" };

    private static FlagFile? FileOf(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } path ? new FlagFile(option.Name.TrimStart('-'), path) : null;

    private static (FlagFile Certificate, FlagFile Key)? PairOf(ParseResult parsed, Option<string?> certificate, Option<string?> key) =>
        FileOf(parsed, certificate) is { } first && FileOf(parsed, key) is { } second ? (first, second) : null;

    private static HostPort? ParseAddress(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        if (HostPort.TryParse(text, out var address) && address.Port is not null)
        {
            return address;
        }

        result.AddError($"--agent-address={text}: write host:port or [::1]:port, such as hub.example.com:8091");
        return null;
    }

    private static Uri? ParseGateway(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps && url is { UserInfo: "", PathAndQuery: "/" })
        {
            return url;
        }

        result.AddError($"--gateway={text}: write https://host:port, without a path");
        return null;
    }

    private static Uri[] ParseUrls(ArgumentResult result)
    {
        var urls = new List<Uri>();
        foreach (var token in result.Tokens)
        {
            if (Uri.TryCreate(token.Value, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp && url is { UserInfo: "", PathAndQuery: "/" })
            {
                urls.Add(url);
            }
            else
            {
                result.AddError("--health-url: write http://host:port, without a path; health ports speak plain HTTP");
            }
        }

        return [.. urls];
    }
}
