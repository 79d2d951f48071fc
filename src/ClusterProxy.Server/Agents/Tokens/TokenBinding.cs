using System.Diagnostics.CodeAnalysis;
using ClusterProxy.Hosting.Flags;
using ClusterProxy.Protocol;
using ClusterProxy.Server.Agents.Identity;

namespace ClusterProxy.Server.Agents.Tokens;

/// <summary>
/// What an agent may announce by what the API server says of its token: identifiers in which names in braces, such as <c>{node}</c>, stand
/// for what <see cref="TokenClaims"/> says. Values are compared as they are written.
/// </summary>
/// <param name="Text">As the flag has it; empty binds nothing.</param>
/// <param name="Allowed">With placeholders.</param>
internal sealed record TokenBinding(string Text, AgentIdentifiers Allowed)
{
    public static TokenBinding None { get; } = new("", AgentIdentifiers.None);

    public static FlagType<TokenBinding> FlagType { get; } = new(
        "identifiers", TryParse, static b => b.Text,
        "is no list of identifiers: write some of ipv4=, ipv6=, host=, cidr= and default-route=true with & between them, and in them "
        + $"{Placeholders} for what the token says, such as host={{node}}");

    /// <summary>For people.</summary>
    public static string Placeholders => string.Join(", ", TokenClaims.Names.Order(StringComparer.Ordinal).Select(Placeholder));

    public bool Binds => Text.Length > 0;

    public static bool TryParse(string text, [MaybeNullWhen(false)] out TokenBinding binding)
    {
        binding = text.Length == 0 ? None
            : AgentIdentifiers.TryParse(text, out var allowed, out _) && allowed.UnknownTypes.IsEmpty
            && allowed.Texts.All(static t => Fill(t, static _ => "").AsSpan().IndexOfAny('{', '}') < 0) ? new TokenBinding(text, allowed)
            : null;
        return binding is not null;
    }

    /// <summary>Null when the agent may announce all that it announces.</summary>
    public (AgentRefusalReason Reason, string Detail)? Objection(AgentToken token, AgentIdentifiers announced)
    {
        if (!Binds)
        {
            return null;
        }

        var missing = TokenClaims.Names.Order(StringComparer.Ordinal)
            .FirstOrDefault(c => !token.Claims.ContainsKey(c) && Allowed.Texts.Any(t => t.Contains(Placeholder(c), StringComparison.Ordinal)));
        if (missing is not null)
        {
            return (
                AgentRefusalReason.MissingClaim,
                $"the agent's token says no {missing}, and --agent-token-identifiers={Text} needs it: let the agent show the token of a volume of its "
                + "pod; older API servers say no node and no credential-id");
        }

        var allowed = Allowed.Texts.Select(t => Fill(t, c => token.Claims.GetValueOrDefault(c, ""))).ToHashSet(StringComparer.Ordinal);
        return announced.Texts.FirstOrDefault(t => !allowed.Contains(t)) is { } foreign
            ? (AgentRefusalReason.ForeignIdentifier,
                $"the agent's token is of {token}, which does not allow it to announce {foreign}: it may announce {string.Join(" and ", allowed)}")
            : null;
    }

    private static string Fill(string template, Func<string, string> valueOf) =>
        TokenClaims.Names.Aggregate(template, (text, claim) => text.Replace(Placeholder(claim), valueOf(claim), StringComparison.Ordinal));

    private static string Placeholder(string claim) => $"{{{claim}}}";
}
