using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>
/// Reads kubeconfig files (YAML, of which JSON is a part). YamlDotNet's node model is used, since its deserializer needs reflection.
/// Keys that are not known are stepped over, as kubectl does.
/// </summary>
internal static class KubeConfigReader
{
    /// <param name="reader">The text.</param>
    /// <param name="path">The file's absolute path: for errors, and for relative paths inside.</param>
    public static KubeConfig Read(TextReader reader, string path)
    {
        YamlStream yaml;
        try
        {
            yaml = PlainYaml.Load(reader.ReadToEnd(), allowsAliases: true);
        }
        catch (YamlException e)
        {
            throw new KubeConfigException($"{path}: line {e.Start.Line}: {e.Message}; correct the line, or give a kubeconfig file", e);
        }

        // kubectl reads an empty file as one without entries.
        var root = new KubeConfigNode(yaml.Documents.Count > 0 ? yaml.Documents[0].RootNode : new YamlMappingNode(), path, "");
        if (root.Text("kind") is { } kind && kind != "Config")
        {
            throw new KubeConfigException($"{path}: kind is {kind}, not Config; give a kubeconfig file");
        }

        return new KubeConfig
        {
            Source = path,
            CurrentContext = root.Text("current-context"),
            Clusters = Named(root, "clusters", "cluster", Cluster),
            Contexts = Named(root, "contexts", "context", Context),
            Users = Named(root, "users", "user", KubeConfigUserReader.Read),
        };
    }

    /// <summary>A list of name and entry; the first of a name counts.</summary>
    private static Dictionary<string, T> Named<T>(KubeConfigNode root, string list, string entry, Func<KubeConfigNode, T> read)
    {
        var named = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var item in root.Items(list))
        {
            var name = item.Text("name") ?? throw item.Error("has no name; write name: and one");
            if (item.Mapping(entry) is { } node)
            {
                named.TryAdd(name, read(node));
            }
        }

        return named;
    }

    private static KubeConfigContext Context(KubeConfigNode node) =>
        new(node.Text("cluster") ?? throw node.Error("names no cluster; write cluster: and a name of those under clusters"), node.Text("user"), node.Text("namespace"));

    private static KubeConfigCluster Cluster(KubeConfigNode node)
    {
        var cluster = new KubeConfigCluster
        {
            Server = Server(node),
            CertificateAuthority = node.Pem("certificate-authority"),
            TlsServerName = node.Text("tls-server-name"),
            InsecureSkipTlsVerify = node.Boolean("insecure-skip-tls-verify"),
            ProxyUrl = Proxy(node),
            DisableCompression = node.Boolean("disable-compression"),
            ExecConfigJson = node.Items("extensions")
                .FirstOrDefault(static e => e.Text("name") == "client.authentication.k8s.io/exec")?.Json("extension"),
        };
        return cluster is { InsecureSkipTlsVerify: true, CertificateAuthority: not null }
            ? throw node.Error("has both insecure-skip-tls-verify and a certificate authority; keep one")
            : cluster;
    }

    private static Uri Server(KubeConfigNode node)
    {
        var text = node.Text("server") ?? throw node.Error("names no server; write server: and a URL such as https://hub.example.com:6443");

        // As kubectl: a bare host means https.
        var url = text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}";
        return Uri.TryCreate(url, UriKind.Absolute, out var server)
            && server.Scheme is "https" or "http"
            && server is { Query: "", Fragment: "", UserInfo: "" }
            && server.Host.Length > 0
            ? server
            : throw node.Error($"server \"{text}\" is no http or https URL without query; write one such as https://hub.example.com:6443");
    }

    private static Uri? Proxy(KubeConfigNode node) => node.Text("proxy-url") is not { Length: > 0 } text
        ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var proxy) && proxy.Scheme is "http" or "https" or "socks5"
            ? proxy
            : throw node.Error("proxy-url is no http, https or socks5 URL; write one such as http://proxy.example.com:3128");
}
