namespace ClusterProxy.Cli.Servers;

/// <summary>The options of the server connection, each from the command line or else from its variable; null when in neither.</summary>
internal sealed record ServerSettings(string? Server, string? Transport, string? Ca, string? Cert, string? Key, string? ServerName)
{
    public const string Grpc = "grpc";
    public const string HttpConnect = "http-connect";

    public bool IsHttpConnect => Transport == HttpConnect;

    /// <exception cref="ArgumentException">The address is of no supported form.</exception>
    public Uri Address() => Uri.TryCreate(Server!.StartsWith('/') ? $"unix://{Server}" : Server, UriKind.Absolute, out var address)
        ? address
        : throw new ArgumentException($"--server={Server}: no address; write https://host:port or unix:///path");
}
