using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>Who may speak for others, and in which headers. The names are those of kube-apiserver's <c>--requestheader-*</c> flags.</summary>
internal sealed record FrontProxySettings
{
    public required CaBundle Ca { get; init; }

    /// <summary>Common names of front proxies; none means every certificate of the authority.</summary>
    public IReadOnlyList<string> AllowedNames { get; init; } = [];

    /// <summary>The first that is there and not empty counts.</summary>
    public IReadOnlyList<string> UserHeaders { get; init; } = ["X-Remote-User"];

    /// <summary>Read only where it was asked for.</summary>
    public IReadOnlyList<string> UidHeaders { get; init; } = [];

    public IReadOnlyList<string> GroupHeaders { get; init; } = ["X-Remote-Group"];

    public IReadOnlyList<string> ExtraPrefixes { get; init; } = ["X-Remote-Extra-"];
}
