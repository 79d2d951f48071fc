using System.CommandLine;
using System.CommandLine.Parsing;
using ClusterProxy.Client;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Servers;

/// <summary>How to reach the proxy server: the same options on every command that goes through it.</summary>
internal sealed class ServerOptions
{
    private const string Grpc = "grpc";
    private const string HttpConnect = "http-connect";

    private readonly Option<string?> _server;
    private readonly Option<string?> _transport;
    private readonly Option<string?> _ca;
    private readonly Option<string?> _cert;
    private readonly Option<string?> _key;
    private readonly Option<string?> _serverName;

    /// <param name="environment">Reads a variable.</param>
    public ServerOptions(Func<string, string?> environment)
    {
        _server = Create("--server", "url", "The frontend: https://host:port, or unix:///path", ServerVariables.Server, environment);
        _transport = Create(
            "--transport", "name", $"{Grpc} or {HttpConnect}, as the server's --mode [default: {Grpc}]", ServerVariables.Transport, environment);
        _ca = Create("--ca", "file", "PEM authorities of the server's certificate [default: the machine's]", ServerVariables.Ca, environment);
        _cert = Create("--cert", "file", "PEM client certificate, its chain behind it", ServerVariables.Cert, environment);
        _key = Create("--key", "file", "PEM key of the client certificate", ServerVariables.Key, environment);
        _serverName = Create(
            "--server-name", "name", "Name in the server's certificate, if not the host of --server", ServerVariables.ServerName, environment);
        _transport.CompletionSources.Add(Grpc, HttpConnect);
        _transport.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } name and not Grpc and not HttpConnect)
            {
                result.AddError($"--transport={name}: write {Grpc} or {HttpConnect}");
            }
        });
    }

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_server, _transport, _ca, _cert, _key, _serverName])
        {
            command.Options.Add(option);
        }

        command.Validators.Add(Validate);
    }

    /// <exception cref="Hosting.StartupException">A file cannot be used.</exception>
    /// <exception cref="ArgumentException">The address is of no supported form.</exception>
    public TunnelClient CreateClient(ParseResult parsed, Action<TunnelClientOptions>? configure = null)
    {
        var server = parsed.GetValue(_server)!;
        var options = new TunnelClientOptions
        {
            Address = Uri.TryCreate(server.StartsWith('/') ? $"unix://{server}" : server, UriKind.Absolute, out var address)
                ? address
                : throw new ArgumentException($"--server={server}: no address; write https://host:port or unix:///path"),
            Transport = parsed.GetValue(_transport) == HttpConnect ? TunnelTransport.HttpConnect : TunnelTransport.Grpc,
            ServerName = parsed.GetValue(_serverName),
        };
        if (parsed.GetValue(_ca) is { } ca)
        {
            options.ServerAuthorities.AddRange(CaBundle.Load("ca", ca).Certificates.ToArray());
        }

        if (parsed.GetValue(_cert) is { } cert && parsed.GetValue(_key) is { } key)
        {
            var pair = KeyPairFile.Load("cert", cert, "key", key);
            options.ClientCertificateProvider = () => pair.Context;
        }

        configure?.Invoke(options);
        return new TunnelClient(options);
    }

    private void Validate(CommandResult result)
    {
        if (string.IsNullOrEmpty(result.GetValue(_server)))
        {
            result.AddError($"no proxy server: give --server, or set {ServerVariables.Server}, to https://host:port or unix:///path");
        }

        if (result.GetValue(_cert) is null != result.GetValue(_key) is null)
        {
            result.AddError("--cert and --key belong together: give both or neither");
        }
    }

    private static Option<string?> Create(string name, string help, string description, string variable, Func<string, string?> environment) => new(name)
    {
        Description = $"{description} (env {variable})",
        HelpName = help,
        DefaultValueFactory = _ => environment(variable) is { Length: > 0 } value ? value : null,
    };
}
