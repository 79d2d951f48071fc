namespace ClusterProxy.Agent.Targets;

/// <summary>One <c>--target-alias name[:port]=host[:port]</c>.</summary>
/// <param name="Name">The name frontends dial.</param>
/// <param name="Port">The port it is dialled with; null for any.</param>
/// <param name="Host">Name or IP literal to dial instead.</param>
/// <param name="NewPort">Null keeps the port.</param>
internal sealed record TargetAlias(string Name, int? Port, string Host, int? NewPort)
{
    /// <param name="text">As the flag has it.</param>
    /// <param name="alias">The result.</param>
    /// <param name="error">What is wrong with it, when the result is false.</param>
    public static bool TryParse(string text, out TargetAlias alias, out string error)
    {
        alias = null!;
        error = "";
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !HostPort.TryParse(text[..equals].Trim(), out var name) || !HostPort.TryParse(text[(equals + 1)..].Trim(), out var host))
        {
            error = $"\"{text}\" is no alias; write it as name[:port]=host[:port], such as cluster1=kubernetes.default.svc:443";
            return false;
        }

        alias = new TargetAlias(name.Host.TrimEnd('.'), name.Port, host.Host, host.Port);
        return true;
    }
}
