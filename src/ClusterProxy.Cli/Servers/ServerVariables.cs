namespace ClusterProxy.Cli.Servers;

/// <summary>Environment variables that stand in for the options of the server connection.</summary>
internal static class ServerVariables
{
    public const string Server = "CLUSTERPROXY_SERVER";
    public const string Transport = "CLUSTERPROXY_TRANSPORT";
    public const string Ca = "CLUSTERPROXY_CA";
    public const string Cert = "CLUSTERPROXY_CERT";
    public const string Key = "CLUSTERPROXY_KEY";
    public const string ServerName = "CLUSTERPROXY_SERVER_NAME";
}
