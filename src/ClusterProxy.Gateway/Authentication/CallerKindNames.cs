namespace ClusterProxy.Gateway.Authentication;

/// <summary>The kinds as tags of metrics and as words of the audit.</summary>
internal static class CallerKindNames
{
    public static string ToTag(this CallerKind kind) => kind switch
    {
        CallerKind.Anonymous => "anonymous",
        CallerKind.FrontProxy => "front_proxy",
        CallerKind.Certificate => "certificate",
        CallerKind.Token => "token",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
