using System.CommandLine;
using System.CommandLine.Parsing;
using ClusterProxy.Client;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Servers;

/// <summary>How to reach the proxy server: the same options on every command that goes through it.</summary>
internal sealed class ServerOptions
{
    private readonly Func<string, string?> _environment;
    private readonly bool _isOptional;
    private readonly Option<string?> _server;
    private readonly Option<string?> _transport;
    private readonly Option<string?> _ca;
    private readonly Option<string?> _cert;
    private readonly Option<string?> _key;
    private readonly Option<string?> _serverName;

    /// <param name="environment">Reads a variable.</param>
    /// <param name="isOptional">For commands that have other ways as well.</param>
    public ServerOptions(Func<string, string?> environment, bool isOptional = false)
    {
        _environment = environment;
        _isOptional = isOptional;
        _server = Create("--server", "url", "The frontend: https://host:port, or unix:///path", ServerVariables.Server);
        _transport = Create(
            "--transport", "name",
            $"{ServerSettings.Grpc} or {ServerSettings.HttpConnect}, as the server's --mode [default: {ServerSettings.Grpc}]", ServerVariables.Transport);
        _ca = Create("--ca", "file", "PEM authorities of the server's certificate [default: the machine's]", ServerVariables.Ca);
        _cert = Create("--cert", "file", "PEM client certificate, its chain behind it", ServerVariables.Cert);
        _key = Create("--key", "file", "PEM key of the client certificate", ServerVariables.Key);
        _serverName = Create(
            "--server-name", "name", "Name in the server's certificate, if not the host of --server", ServerVariables.ServerName);
        _transport.CompletionSources.Add(ServerSettings.Grpc, ServerSettings.HttpConnect);
    }

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_server, _transport, _ca, _cert, _key, _serverName])
        {
            command.Options.Add(option);
        }

        command.Validators.Add(Validate);
    }

    /// <summary>Whether an option or a variable names a server.</summary>
    public bool IsGiven(CommandResult result) => Value(_server, ServerVariables.Server, result) is not null;

    /// <param name="parsed">The command line.</param>
    /// <param name="isBrief">
    /// Whether the client is gone after a dial or two: it then opens no lanes, whose half-done handshakes the server would count as failed.
    /// </param>
    /// <exception cref="Hosting.StartupException">A file cannot be used.</exception>
    /// <exception cref="ArgumentException">The address is of no supported form.</exception>
    public TunnelClient CreateClient(ParseResult parsed, bool isBrief = false)
    {
        var settings = Read(parsed.CommandResult);
        var options = new TunnelClientOptions
        {
            Address = settings.Address(),
            Transport = settings.IsHttpConnect ? TunnelTransport.HttpConnect : TunnelTransport.Grpc,
            ServerName = settings.ServerName,
        };
        if (isBrief)
        {
            options.Lanes = 0;
        }

        if (settings.Ca is { } ca)
        {
            var authorities = CertificateFiles.LoadAuthorities(new("ca", ca));
            options.ServerAuthoritiesProvider = () => [.. authorities.CheckedValue().Certificates];
        }

        if (settings is { Cert: { } cert, Key: { } key })
        {
            var pair = CertificateFiles.LoadKeyPair(new("cert", cert), new("key", key));
            options.ClientCertificateProvider = () => pair.CheckedValue().Context;
        }

        return new TunnelClient(options);
    }

    public ServerSettings Read(CommandResult result) => new(
        Value(_server, ServerVariables.Server, result),
        Value(_transport, ServerVariables.Transport, result),
        Value(_ca, ServerVariables.Ca, result),
        Value(_cert, ServerVariables.Cert, result),
        Value(_key, ServerVariables.Key, result),
        Value(_serverName, ServerVariables.ServerName, result));

    private void Validate(CommandResult result)
    {
        var settings = Read(result);
        if (!_isOptional && settings.Server is null)
        {
            result.AddError($"no proxy server: give --server, or set {ServerVariables.Server}, to https://host:port or unix:///path");
        }

        if (settings.Transport is { } name and not ServerSettings.Grpc and not ServerSettings.HttpConnect)
        {
            result.AddError($"--transport={name}: write {ServerSettings.Grpc} or {ServerSettings.HttpConnect}");
        }

        if (settings.Cert is null != settings.Key is null)
        {
            result.AddError("--cert and --key belong together: give both or neither");
        }
    }

    /// <summary>Not a default value of the option: validation of the command would not see it.</summary>
    private string? Value(Option<string?> option, string variable, CommandResult result) =>
        result.GetResult(option) is { Tokens: [var token] } ? token.Value : _environment(variable) is { Length: > 0 } value ? value : null;

    private static Option<string?> Create(string name, string help, string description, string variable) =>
        new(name) { Description = $"{description} (env {variable})", HelpName = help };
}
