using System.Reflection;

namespace ClusterProxy.Hosting;

/// <summary>What <c>--version</c> prints.</summary>
public static class ProductVersion
{
    /// <summary>The version with the commit behind it, where the build knew the commit.</summary>
    public static string Of(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
