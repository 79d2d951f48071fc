using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Gateway.Identities;

/// <summary>The file of <c>--cluster-gateway-proxy-config</c>.</summary>
internal static class IdentityRulesFile
{
    /// <exception cref="StartupException">It cannot be used now.</exception>
    public static ReloadingFile<IdentityRules> Load(FlagFile file) => new([file], texts =>
    {
        try
        {
            return IdentityRulesYaml.Parse(texts[0]);
        }
        catch (FormatException e)
        {
            throw new StartupException($"{file}: {e.Message}", e);
        }
    });
}
