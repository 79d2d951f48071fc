using System.Diagnostics.CodeAnalysis;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Server.Agents.Tokens;

/// <summary>Whose tokens let agents in: those of one account, or of one account in the namespace of each cluster.</summary>
/// <param name="Namespace">Not looked at when it stands for a cluster.</param>
/// <param name="Name">Of the account; <c>{cluster}</c> in it stands for the cluster.</param>
/// <param name="Cluster">What stands for a cluster.</param>
internal sealed record AgentAccounts(string Namespace, string Name, AgentTokenCluster Cluster)
{
    public const string Placeholder = "{cluster}";

    /// <param name="user">Such as <c>system:serviceaccount:NAMESPACE:NAME</c>.</param>
    /// <param name="account">namespace/name.</param>
    /// <param name="cluster">That it stands for; empty when accounts stand for none.</param>
    public bool TryFind(string user, [MaybeNullWhen(false)] out string account, out string cluster)
    {
        (account, cluster) = (null, "");
        if (user.Split(':') is not ["system", "serviceaccount", var inNamespace, var name])
        {
            return false;
        }

        if (Cluster == AgentTokenCluster.Namespace)
        {
            if (!DnsLabel.IsValid(inNamespace) || name != Name.Replace(Placeholder, inNamespace, StringComparison.Ordinal))
            {
                return false;
            }

            cluster = inNamespace;
        }
        else if (inNamespace != Namespace || name != Name)
        {
            return false;
        }

        account = $"{inNamespace}/{name}";
        return true;
    }

    public override string ToString() => Cluster == AgentTokenCluster.Namespace
        ? $"account {Name} in the namespace of a cluster"
        : $"service account {Namespace}/{Name}";
}
